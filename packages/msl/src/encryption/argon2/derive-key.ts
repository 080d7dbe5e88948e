/**
 * Argon2id with the passphrase of a capture. It runs in a worker if the runtime has workers: nothing else can interrupt it, it takes a second or
 * more, and the memory that the header demands is freed when the worker ends.
 */
import { availableThreads, startThread } from "#threads";
import { abortedError, MslError, throwIfAborted } from "../../errors.js";
import type { DerivationJob, DerivationMessage } from "../../threads/argon2-worker.js";
import type { RunningThread } from "../../threads/threads.js";
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
  let thread: RunningThread | undefined;
  let abort = () => {};
  try {
    return await new Promise<Uint8Array | undefined>((resolve, reject) => {
      abort = () => signal && reject(abortedError(signal));
      signal?.addEventListener("abort", abort, { once: true });
      thread = startThread<DerivationMessage>(
        { kind: "argon2" },
        {
          onMessage: (message) => {
            if (message.kind === "ready") thread?.post(job, []);
            else if (message.kind === "derived") resolve(message.key);
            // The caller then derives in this thread, which throws the reason.
            else resolve(undefined);
          },
          onCrash: () => resolve(undefined),
        },
      );
    });
  } catch (error) {
    if (error instanceof MslError) throw error;
    // The runtime forbids workers.
    return undefined;
  } finally {
    signal?.removeEventListener("abort", abort);
    await thread?.terminate();
  }
}
