/** A worker that derives a key by Argon2id: its job, its answer and its main function, on any platform. */
import { argon2id } from "#argon2";
import type { Argon2Parameters } from "../encryption/argon2/argon2.js";
import { answerJobs, type StartingThread } from "./threads.js";

/** The worker gets one job. */
export interface DerivationJob {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly parameters: Argon2Parameters;
}

export type DerivationAnswer = { readonly kind: "derived"; readonly key: Uint8Array } | { readonly kind: "failed" };

export function run(thread: StartingThread): void {
  answerJobs(thread, async ({ password, salt, parameters }: DerivationJob) => ({
    answer: await answerTo(password, salt, parameters),
    transfer: [],
  }));
}

async function answerTo(...[password, salt, parameters]: Parameters<typeof argon2id>): Promise<DerivationAnswer> {
  try {
    return { kind: "derived", key: await argon2id(password, salt, parameters) };
  } catch {
    return { kind: "failed" };
  } finally {
    password.fill(0);
  }
}
