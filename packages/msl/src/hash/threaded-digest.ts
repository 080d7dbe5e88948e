/**
 * The digest of one message, computed by a worker while the caller's thread goes on. The worker reads shared memory in place, so that nothing is copied that a
 * caller keeps there; other bytes are copied once, into arrays that are filled again when they are hashed: a new one for each copy would stay until both
 * threads collect garbage.
 */
import { loadNativeBlake3 } from "#hash";
import { availableThreads } from "#threads";
import { MslError } from "../errors.js";
import {
  type DigestAnswer,
  type DigestJob,
  type DigestTask,
  fastestHasher,
  hashPieces,
  type MessagePiece,
} from "../threads/digest-worker.js";
import { threadReason, type WorkersUse } from "../threads/thread-use.js";
import { type Unanswered, WorkerTeam } from "../threads/worker-team.js";
import { type FileHasher, HashAlgo, type HashAlgoCode, type Hasher } from "./hash-algorithm.js";

/** Fewer bytes wait for more: handing them over takes longer than hashing them. */
const JOB_BYTES = 1024 * 1024;
/** Bytes of copies that may wait for the worker. */
const COPIES_MOST = 4 * 1024 * 1024;
/** Jobs that the worker has, so that it never waits for the caller's thread. */
const JOBS_EACH = 64;

/**
 * Starts the worker. Resolves with undefined where the caller's thread, or several workers, hash in less time: where no machine code is loaded, for BLAKE3
 * without the native package, and on a machine with one processor.
 */
export async function startThreadedDigest(algorithm: HashAlgoCode): Promise<ThreadedDigest | undefined> {
  if (!loadNativeBlake3 || availableThreads({ sharedMemory: true }) < 2) return undefined;
  const digest = new ThreadedDigest(algorithm);
  // Both threads load the package at the same time.
  if (algorithm !== HashAlgo.Blake3 || (await loadNativeBlake3())) return digest;
  digest.release();
  return undefined;
}

/** Bytes that were passed, up to a job. */
interface Bytes {
  readonly pieces: MessagePiece[];
  length: number;
  /** Bytes of them that are copies. */
  copied: number;
  /** Where these copies are. */
  room: SharedArrayBuffer | undefined;
}

/**
 * A hasher for one message. If the worker ends before its first answer, this thread takes its place: it still has all bytes. If it ends later, the digest is
 * lost: `update`, `hashed` and `digest` throw `internal`.
 */
export class ThreadedDigest implements FileHasher {
  readonly algorithm: HashAlgoCode;
  readonly #team: WorkerTeam<DigestAnswer>;
  /** Bytes that the worker does not have yet. */
  #next: Bytes = noBytes();
  /** Arrays whose copies are hashed. */
  readonly #rooms: SharedArrayBuffer[] = [];
  /** Bytes of copies that are not hashed yet. */
  #copied = 0;
  /** Settles when all jobs so far are done; never rejects. */
  #done: Promise<unknown> = Promise.resolve();
  /** Whether the worker alone knows the state of the message. */
  #isBegun = false;
  /** In place of a worker. */
  #own: Promise<Hasher> | undefined;
  #failure: MslError | undefined;
  #released = false;

  /** The worker starts at once. */
  constructor(algorithm: HashAlgoCode) {
    this.algorithm = algorithm;
    const task = (): DigestTask => ({ kind: "digest", algorithm });
    this.#team = new WorkerTeam({ task, threads: 1, jobsEach: JOBS_EACH, holdsWhileStarting: true });
    this.#hand(false);
  }

  /**
   * Takes the next bytes. Those in a SharedArrayBuffer stay as they are until `hashed`; others are copied. If a promise is returned, more bytes are to be
   * passed when it has resolved; it never rejects.
   */
  update(bytes: Uint8Array): Promise<void> | undefined {
    this.#requireState();
    const isShared = bytes.buffer instanceof SharedArrayBuffer;
    if (isShared) {
      this.#next.pieces.push(pieceOf(bytes.buffer, bytes));
      this.#next.length += bytes.length;
    } else this.#copy(bytes);
    if (this.#next.length >= JOB_BYTES) this.#hand(false);
    return this.#copied > COPIES_MOST ? this.#allDone() : undefined;
  }

  /** Two threads work: one hashes, the caller's does the rest. */
  get use(): WorkersUse {
    const reason = this.#team.failure ?? threadReason(this.algorithm === HashAlgo.Blake3 ? "native-hash" : "other-hash");
    return { used: this.#own ? 0 : 2, reason };
  }

  /** Resolves when all bytes so far are hashed, so that their memory may be changed; or if `release` was called, after which nothing counts. */
  async hashed(): Promise<void> {
    await this.#allDone();
    if (!this.#released) this.#requireState();
  }

  /** The digest of the message so far, which may be continued. Throws `closed` after `release`. */
  async digest(): Promise<Uint8Array> {
    this.#requireState();
    const digest = await this.#hand(true);
    this.#requireState();
    if (!digest) throw new MslError("internal", "The thread that hashes the whole file gave no digest");
    return digest;
  }

  /** Ends the worker. A second call has no effect. */
  release(): void {
    this.#released = true;
    this.#team.dismiss();
    void this.#own?.then(
      (own) => own.release(),
      () => {},
    );
  }

  /** Copies the bytes behind the copies so far. A job has copies in one array: it is handed over when the array is full. */
  #copy(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      if (this.#next.copied === JOB_BYTES) this.#hand(false);
      const next = this.#next;
      const memory = next.room ?? this.#rooms.pop() ?? new SharedArrayBuffer(JOB_BYTES);
      next.room = memory;
      const part = bytes.subarray(done, done + JOB_BYTES - next.copied);
      new Uint8Array(memory).set(part, next.copied);
      next.pieces.push({ memory, offset: next.copied, length: part.length });
      next.length += part.length;
      next.copied += part.length;
      this.#copied += part.length;
      done += part.length;
    }
  }

  #requireState(): void {
    if (this.#failure) throw this.#failure;
    if (this.#released) throw new MslError("closed", "The hasher of the whole file was released");
  }

  async #allDone(): Promise<void> {
    if (this.#next.length > 0) this.#hand(false);
    await this.#done;
  }

  /** Hands the bytes so far to the worker. Resolves with the digest if it is asked for; undefined if it is lost. */
  #hand(asksForDigest: boolean): Promise<Uint8Array | undefined> {
    const { pieces, copied, room } = this.#next;
    this.#next = noBytes();
    const job: DigestJob = { pieces, asksForDigest };
    const { result } = this.#team.run(() => ({ message: job, transfer: [] }));
    // Own work keeps the order of the jobs.
    const done = Promise.all([result, this.#done]).then(async ([answer]) => {
      const digest = typeof answer === "string" ? await this.#withoutWorker(answer, job) : answer.digest;
      if (typeof answer !== "string") this.#isBegun ||= pieces.length > 0;
      this.#copied -= copied;
      if (room) this.#rooms.push(room);
      return digest;
    });
    this.#done = done;
    return done;
  }

  async #withoutWorker(why: Unanswered, job: DigestJob): Promise<Uint8Array | undefined> {
    if (this.#released) return undefined;
    if (this.#isBegun) {
      const reason = this.#team.crash ?? why;
      const message = `The hash of the whole file is lost, because the thread that computes it ended: ${reason}. Write the capture again; with one thread it needs no worker`;
      this.#failure ??= new MslError("internal", message);
      return undefined;
    }
    try {
      this.#own ??= fastestHasher(this.algorithm);
      return hashPieces(await this.#own, job);
    } catch (cause) {
      this.#failure ??= new MslError("internal", `The whole file cannot be hashed: ${String(cause)}`, { cause });
      return undefined;
    }
  }
}

function pieceOf(memory: SharedArrayBuffer, { byteOffset, length }: Uint8Array): MessagePiece {
  return { memory, offset: byteOffset, length };
}

function noBytes(): Bytes {
  return { pieces: [], length: 0, copied: 0, room: undefined };
}
