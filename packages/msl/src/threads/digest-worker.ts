/**
 * A worker that computes the digest of one message, whose bytes lie in shared memory: its task, its jobs, its answers and its main function. In Node, Bun
 * and Deno: elsewhere no machine code hashes.
 */
import { loadNativeBlake3 } from "#hash";
import { createHasher, HashAlgo, type HashAlgoCode, type Hasher, NativeHashers } from "../hash/hash-algorithm.js";
import { answerJobs, type StartingThread } from "./threads.js";

export interface DigestTask {
  readonly kind: "digest";
  readonly algorithm: HashAlgoCode;
}

/** The next bytes of the message. Memory and place are sent, because Deno examines every element of an array that is sent. */
export interface MessagePiece {
  readonly memory: SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

/** Jobs are done in their order. */
export interface DigestJob {
  readonly pieces: readonly MessagePiece[];
  /** Whether the answer has the digest of the message up to here, which may be continued. */
  readonly asksForDigest: boolean;
}

export interface DigestAnswer {
  readonly kind: "hashed";
  readonly digest: Uint8Array | undefined;
}

export function run(thread: StartingThread<DigestTask>): void {
  const begun = fastestHasher(thread.task.algorithm);
  answerJobs(thread, async (job: DigestJob) => {
    const hasher = await begun;
    return { answer: { kind: "hashed", digest: hashPieces(hasher, job) } satisfies DigestAnswer, transfer: [] };
  });
}

/** BLAKE3 is computed by the native package where it is installed. */
export async function fastestHasher(algorithm: HashAlgoCode): Promise<Hasher> {
  const create = algorithm === HashAlgo.Blake3 ? await loadNativeBlake3?.() : null;
  return create ? new NativeHashers(create).hasher() : createHasher(algorithm);
}

/** Continues the message. Returns the digest if the job asks for it. */
export function hashPieces(hasher: Hasher, { pieces, asksForDigest }: DigestJob): Uint8Array | undefined {
  for (const { memory, offset, length } of pieces) hasher.update(new Uint8Array(memory, offset, length));
  return asksForDigest ? hasher.digest() : undefined;
}
