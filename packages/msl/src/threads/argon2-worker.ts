/** A worker that derives a key by Argon2id: its job, its answer and its main function, on any platform. */
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
  answerJobs(thread, async (job: DerivationJob) => ({ answer: await answerTo(job), transfer: [] }));
}

async function answerTo({ password, salt, parameters }: DerivationJob): Promise<DerivationAnswer> {
  try {
    // Loaded for a job: a script that serves every kind of task contains this module, too.
    const { argon2id } = await import("#argon2");
    return { kind: "derived", key: await argon2id(password, salt, parameters) };
  } catch {
    return { kind: "failed" };
  } finally {
    password.fill(0);
  }
}
