/** A worker that derives a key by Argon2id: its job, its messages, and its whole life, on any platform. */
import { argon2id } from "#argon2";
import type { Argon2Parameters } from "../encryption/argon2/argon2.js";
import type { StartingThread } from "./threads.js";

/** The worker gets one job. */
export interface DerivationJob {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly parameters: Argon2Parameters;
}

export type DerivationMessage =
  /** The first message: the worker takes its job. */
  { readonly kind: "ready" } | { readonly kind: "derived"; readonly key: Uint8Array } | { readonly kind: "failed" };

export function run({ tell, listen }: StartingThread): void {
  listen(async ({ password, salt, parameters }: DerivationJob) => {
    tell(await answerTo(password, salt, parameters));
  });
  tell({ kind: "ready" } satisfies DerivationMessage);
}

async function answerTo(...[password, salt, parameters]: Parameters<typeof argon2id>): Promise<DerivationMessage> {
  try {
    return { kind: "derived", key: await argon2id(password, salt, parameters) };
  } catch {
    return { kind: "failed" };
  } finally {
    password.fill(0);
  }
}
