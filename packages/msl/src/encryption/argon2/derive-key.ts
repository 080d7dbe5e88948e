/**
 * Argon2id with the passphrase of a capture. It runs in a worker if the runtime has workers: only the end of a worker can interrupt it, it takes a second or
 * more, and the memory that the header demands is freed when the worker ends.
 */
import { availableThreads } from "#threads";
import { throwIfAborted } from "../../errors.js";
import { untilAborted } from "../../source/cancellable-work.js";
import type { DerivationAnswer, DerivationJob } from "../../threads/argon2-worker.js";
import { WorkerTeam } from "../../threads/worker-team.js";
import type { Argon2Parameters } from "./argon2.js";

/** Passes times KiB below which starting a worker takes longer than the derivation: some 10 ms. */
const WORK_FOR_A_WORKER = 8192;

/** The parameters have been checked against limits. Throws `aborted` at once when the signal fires. */
export async function deriveKey(
  password: Uint8Array,
  salt: Uint8Array,
  parameters: Argon2Parameters,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  throwIfAborted(signal);
  const isLong = parameters.kdfTime * parameters.kdfMemoryKiB >= WORK_FOR_A_WORKER;
  if (isLong && availableThreads({ sharedMemory: false }) > 0) {
    const key = await deriveInWorker({ password, salt, parameters }, signal);
    if (key) return key;
  }
  const { argon2id } = await import("#argon2");
  const key = await argon2id(password, salt, parameters);
  throwIfAborted(signal);
  return key;
}

/** Undefined if the worker does not start or fails. */
async function deriveInWorker(job: DerivationJob, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  const team = new WorkerTeam<DerivationAnswer>({ task: () => ({ kind: "argon2" }), threads: 1, holdsWhileStarting: true });
  try {
    const answer = await untilAborted(team.run(() => ({ message: job, transfer: [] })).result, signal);
    return typeof answer === "string" || answer.kind === "failed" ? undefined : answer.key;
  } finally {
    team.dismiss();
  }
}
