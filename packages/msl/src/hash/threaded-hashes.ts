/**
 * BLAKE3 of a file that grows, and of a block in it, by several threads. Bytes are copied once, to windows of shared memory; workers hash the
 * windows side by side, and this thread merges them in order. Results trail behind the bytes by a few windows, until `settle`.
 */
import { Blake3, SharedWindows, type WindowMessage } from "@memslice/core-wasm";
import { pause } from "#pause";
import { availableThreads } from "#threads";
import { MslError } from "../errors.js";
import type { SubtreeAnswer, SubtreeTask } from "../threads/hash-worker.js";
import { threadReason, type WorkersUse } from "../threads/thread-use.js";
import { automaticThreads } from "../threads/threads.js";
import { type Assignment, WorkerTeam } from "../threads/worker-team.js";

/** Small, so that threads share the bytes of a block evenly, and so that a window is still in the cache when it is hashed. */
const WINDOW_BYTES = 256 * 1024;
/** So many bytes that lie at another place of a word than the bytes in a window begin the next window: into this one they are copied byte by byte. */
const MISPLACED_BYTES = 32 * 1024;
/** A worker has one window more than the one that it hashes. */
const WINDOWS_EACH = 2;
/** Windows that are filled or merged while the workers have all of theirs. */
const WINDOWS_BESIDE = 4;
/** A worker hashes a window in less than a millisecond. One that takes so long does not answer any more. */
const ANSWER_MS = 20_000;
/** Handing fewer bytes to a worker takes longer than hashing them. */
const WORTHWHILE_BYTES = 32 * 1024;

/** The number of workers that hash for a writer with this many `threads`; 0 where the runtime has none that can share memory. */
export function hashingThreads(threads: number | "auto"): number {
  if (threads === 1) return 0;
  const available = availableThreads({ sharedMemory: true });
  return available === 0 ? 0 : automaticThreads(threads === "auto" ? available : threads);
}

/** Undefined where threads cannot share memory, or where there is not enough memory for the windows. */
export function startThreadedHashes(threads: number): ThreadedHashes | undefined {
  try {
    return new ThreadedHashes(threads);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A message, and the bytes of it that its hasher or a window has. */
export interface RunningMessage {
  readonly hasher: Blake3;
  length: number;
}

interface FilledWindow {
  readonly window: number;
  readonly length: number;
  readonly messages: readonly WindowMessage[];
  /** Undefined for a window that this thread hashes. */
  readonly assignment: Assignment<SubtreeAnswer> | undefined;
  /** Whether the assignment has its result. */
  isAnswered: boolean;
  /** The chaining values that this thread has computed out of turn. */
  values: Uint8Array | undefined;
}

/** The first bytes of messages whose next bytes are in windows already. */
interface Opening {
  readonly window?: undefined;
  readonly messages: readonly RunningMessage[];
  /** Room for all of the bytes; those up to `length` are there. */
  readonly bytes: Uint8Array;
  length: number;
}

export class ThreadedHashes {
  readonly #windows: SharedWindows;
  readonly #team: WorkerTeam<SubtreeAnswer>;
  readonly #free: number[];
  /** In the order of their bytes. */
  readonly #filled: (FilledWindow | Opening)[] = [];
  #messages: readonly RunningMessage[] = [];
  /** Bytes of the messages that are still to come. */
  #left = 0;
  /** The opening that is to come next. */
  #opening: Opening | undefined;
  /** Bytes behind the opening that `beginAhead` has taken, and that `update` is going to be given again. */
  #ahead = 0;
  #filling: number | undefined;
  #length = 0;
  #released = false;
  #isSilent = false;

  constructor(threads: number) {
    const windows = WINDOWS_EACH * threads + WINDOWS_BESIDE;
    this.#windows = new SharedWindows({ threads, windows, windowBytes: WINDOW_BYTES });
    this.#free = Array.from({ length: windows }, (_, window) => window);
    this.#team = new WorkerTeam({
      task: () => ({ kind: "hash", start: this.#windows.thread() }) satisfies SubtreeTask,
      threads,
      jobsEach: WINDOWS_EACH,
      holdsWhileStarting: false,
      startsTogether: true,
    });
  }

  /** The core of hashers that can be passed to `begin`. */
  get core() {
    return this.#windows.core;
  }

  /** Whether the hashers have taken all bytes. */
  get isSettled(): boolean {
    return this.#filled.length === 0 && this.#filling === undefined;
  }

  /** Whether bytes of the messages are still to be passed to `update`. */
  get expectsBytes(): boolean {
    return this.#left > 0 || this.#ahead > 0;
  }

  /** Whether workers would be idle without `beginAhead`: they have bytes, and none are to come. */
  get runsDry(): boolean {
    return this.#filled.length > 0 && !this.expectsBytes && !this.#team.isGone;
  }

  /** The workers that hashed, and why no more. */
  get use(): WorkersUse {
    const silence = this.#isSilent ? threadReason("worker-failed", `it gave no answer within ${ANSWER_MS / 1000} s`) : undefined;
    return { used: this.#team.used, reason: silence ?? this.#team.failure ?? threadReason("no-work") };
  }

  /** Has the next `length` bytes, passed to `update`, continue all of the messages, if there are workers. The bytes before have to be settled. */
  begin(messages: readonly RunningMessage[], length: number): void {
    // Without workers, bytes need not be copied to windows.
    if (this.#team.isGone) return;
    this.#messages = messages;
    this.#left = length;
  }

  /**
   * `begin` before the bytes so far are settled: waits until they are, and gives workers something to do meanwhile. Of the next `length` bytes, the first
   * `opening` are not known yet. Takes of `bytes`, which follow them, as many as find room. Later, all of the `length` bytes have to be passed to `update`, also
   * those that were taken.
   */
  async beginAhead(messages: readonly RunningMessage[], length: number, opening: number, bytes: Uint8Array): Promise<void> {
    const first: Opening = { messages, bytes: new Uint8Array(opening), length: 0 };
    for (const message of messages) message.length += opening;
    this.#filled.push(first);
    this.#opening = first;
    this.#messages = messages;
    this.#left = length;
    const isSettled = () => this.#released || this.#filled[0] === first;
    for (let rest = bytes; rest.length > 0 && !isSettled(); ) {
      const taken = this.#fill(rest);
      this.#ahead += taken;
      rest = rest.subarray(taken);
      if (taken === 0) await this.#mergeOldest();
    }
    while (!isSettled()) await this.#mergeOldest();
  }

  /** Copies the bytes. Waits while all windows are in use. */
  async update(bytes: Uint8Array): Promise<void> {
    const opened = this.#open(bytes);
    const known = Math.min(this.#ahead, bytes.length - opened);
    this.#ahead -= known;
    for (let rest = bytes.subarray(opened + known); rest.length > 0 && !this.#released; ) {
      const taken = this.#fill(rest);
      rest = rest.subarray(taken);
      if (taken === 0) await this.#mergeOldest();
    }
  }

  /** Waits until the hashers have taken all bytes. */
  async settle(): Promise<void> {
    if (this.#filling !== undefined) this.#handOver(this.#filling);
    while (this.#filled.length > 0 && !this.#released) await this.#mergeOldest();
  }

  /** Ends the workers. Bytes that are not settled are dropped. */
  release(): void {
    this.#released = true;
    this.#team.dismiss();
  }

  /** Takes bytes of the opening, if it is not complete. Returns their number. */
  #open(bytes: Uint8Array): number {
    const opening = this.#opening;
    if (!opening) return 0;
    const part = bytes.subarray(0, opening.bytes.length - opening.length);
    opening.bytes.set(part, opening.length);
    opening.length += part.length;
    this.#left -= part.length;
    if (opening.length === opening.bytes.length) this.#opening = undefined;
    if (this.#left <= 0 && this.#filling !== undefined) this.#handOver(this.#filling);
    return part.length;
  }

  /** Copies bytes to a window, and hands it over if it is full. Returns the number of bytes: 0 if all windows are in use. */
  #fill(bytes: Uint8Array): number {
    this.#filling ??= this.#free.pop();
    if (this.#filling === undefined) return 0;
    const part = bytes.subarray(0, WINDOW_BYTES - this.#length);
    if (part.length >= MISPLACED_BYTES && !this.#windows.fillsQuickly(this.#filling, this.#length, part)) {
      this.#handOver(this.#filling);
      return this.#fill(bytes);
    }
    this.#windows.fill(this.#filling, this.#length, part);
    this.#length += part.length;
    this.#left -= part.length;
    if (this.#length === WINDOW_BYTES || this.#left <= 0) this.#handOver(this.#filling);
    return part.length;
  }

  #handOver(window: number): void {
    const length = this.#length;
    this.#filling = undefined;
    this.#length = 0;
    const messages = this.#messages.map(({ hasher, length: before }) => ({ hasher, before }));
    for (const message of this.#messages) message.length += length;
    const isWorthwhile = length >= WORTHWHILE_BYTES && !this.#team.isGone;
    const assignment = isWorthwhile
      ? this.#team.run(() => ({ message: this.#windows.job(window, length, messages), transfer: [] }))
      : undefined;
    const filled: FilledWindow = { window, length, messages, assignment, isAnswered: false, values: undefined };
    this.#filled.push(filled);
    void assignment?.result.then(() => {
      filled.isAnswered = true;
    });
  }

  /** Waits for the oldest window. Hashes it here if no worker has begun it, or the worker ended: the bytes are still in the window. */
  async #mergeOldest(): Promise<void> {
    const [oldest] = this.#filled;
    if (!oldest) return;
    if (oldest.window === undefined) {
      Blake3.updateAll(
        oldest.messages.map(({ hasher }) => hasher),
        oldest.bytes,
      );
      this.#filled.shift();
      return;
    }
    const { window, assignment } = oldest;
    assignment?.withdraw();
    while (assignment && !oldest.isAnswered && this.#hashWaiting()) await pause();
    if (this.#released) return;
    // The bytes are still in the window, where this thread hashes them once the workers are ended.
    const timer = assignment && setTimeout(() => this.#endSilentTeam(), ANSWER_MS);
    const answer = await assignment?.result;
    clearTimeout(timer);
    if (this.#released) return;
    this.#merge(oldest, typeof answer === "object" ? new Uint8Array(answer.values) : oldest.values);
    this.#filled.shift();
    this.#free.push(window);
    // Workers that are starting tell so by messages, which are heard only between turns of the event loop.
    if (answer === "withdrawn" && !oldest.values) await pause();
  }

  /** Hashes the first window that no worker has taken, out of turn. Returns whether there was one. */
  #hashWaiting(): boolean {
    for (const filled of this.#filled) {
      if (filled.window === undefined || !filled.assignment?.withdraw()) continue;
      filled.values = this.#windows.hash(this.#windows.job(filled.window, filled.length, filled.messages));
      return true;
    }
    return false;
  }

  #endSilentTeam(): void {
    this.#isSilent = true;
    this.#team.dismiss();
  }

  #merge({ window, length, messages }: FilledWindow, values: Uint8Array | undefined): void {
    try {
      this.#windows.merge(window, length, messages, values);
    } catch (cause) {
      throw new MslError("internal", `The threads' work does not fit together: ${(cause as Error).message}`, { cause });
    }
  }
}
