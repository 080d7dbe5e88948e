/**
 * Decompresses payloads in workers before a reader asks for them, as long as the reader asks for the regions in file order. Results are the same as
 * without workers: a worker's result is used only if the payload decompressed without a problem; the reader's thread decompresses all other payloads.
 */
import { availableThreads } from "#threads";
import type { Deviation } from "../deviations/deviation.js";
import type { Compression } from "../format/codes.js";
import { untilAborted } from "../source/cancellable-work.js";
import { readInto, type Source } from "../source/source.js";
import type { DecompressionAnswer, DecompressionJob } from "../threads/decompression-worker.js";
import { reasonWithoutThreads, type ThreadUse, threadReason, threadUse, type WorkersUse } from "../threads/thread-use.js";
import { type Assignment, WorkerTeam } from "../threads/worker-team.js";
import { decodesInPieces } from "./codecs.js";
import type { Decoding } from "./decoding.js";
import { payloadShapes } from "./payload-shapes.js";

/** A compressed payload, and the index of its block in the capture. */
export interface PayloadAhead {
  readonly position: number;
  readonly compression: Compression;
  readonly stored: Source;
}

/** A payload that decompressed without a problem, in an array without other references. Deviations have offsets from the start of the stored payload. */
export interface DecompressedAhead {
  readonly bytes: Uint8Array;
  readonly array: Uint8Array<ArrayBuffer>;
  readonly deviations: readonly Omit<Deviation, "block">[];
}

export interface AheadOptions {
  readonly decoding: Decoding;
  readonly threads: number | "auto";
  /** The next compressed region in the file after the block at `position`. */
  readonly next: (position: number) => PayloadAhead | undefined;
}

/** With "auto", workers start after this number of regions was read in order, so that no worker starts for a reader of a few regions. */
const AUTOMATIC_AFTER = 4;
/** The limit on bytes ahead of the reader leaves room for few payloads: more workers would take memory and find no work. */
const AUTOMATIC_THREADS = 2;
/** The limit on the bytes of all payloads ahead, stored and decompressed, as a multiple of the limit of the cache of decompressed payloads. */
const ROOM_IN_CACHES = 2;
/** The limit on the same bytes plus the linear memory of the workers. Each worker decodes into linear memory of the size of its payload. */
const ROOM_WITH_WORKERS = 3;

/** Decides whether a reader goes through the regions in order, and starts and ends the run ahead of the reader. */
export class DecodingAhead {
  readonly #options: AheadOptions;
  readonly #threads: number;
  readonly #after: number;
  #team: WorkerTeam<DecompressionAnswer> | undefined;
  #run: RunAhead | undefined;
  #inOrder = 0;
  /** The block index of the region that the reader asks for next if the reader continues in file order. */
  #expected: number | undefined;
  #closed = false;
  #use: WorkersUse;

  constructor(options: AheadOptions) {
    const { threads } = options;
    this.#options = options;
    const available = threads === 1 ? 0 : availableThreads({ sharedMemory: false });
    this.#use = { used: 0, reason: available === 0 ? reasonWithoutThreads() : threadReason("no-work") };
    this.#threads = available === 0 || threads === 1 ? 1 : threads === "auto" ? Math.min(available, AUTOMATIC_THREADS) : threads;
    this.#after = threads === "auto" ? AUTOMATIC_AFTER : 1;
  }

  /** How many workers have decompressed so far, and why fewer than were asked for. */
  get use(): ThreadUse {
    this.#note();
    return threadUse(Math.max(1, this.#use.used), this.#options.threads, this.#use.reason);
  }

  /**
   * The payload of the block at `position` if a worker has decompressed it or is decompressing it; undefined if the caller has to decompress it. When
   * `signal` fires, ends the workers and rejects with `aborted`.
   */
  async take(position: number, signal: AbortSignal | undefined): Promise<DecompressedAhead | undefined> {
    if (this.#threads === 1 || this.#closed) return undefined;
    if (this.#expected === position) this.#inOrder++;
    else this.#endRun();
    this.#expected = this.#options.next(position)?.position;
    if (this.#inOrder < this.#after) return undefined;
    if (!this.#run) {
      this.#team ??= new WorkerTeam({
        task: () => ({ kind: "decompression" }),
        threads: this.#threads,
        holdsWhileStarting: false,
      });
      this.#run = new RunAhead(this.#options, this.#team, this.#threads, position);
    }
    const run = this.#run;
    const stop = () => this.#stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const found = await run.take(position, signal);
      if (this.#expected === undefined && run === this.#run) this.#stop();
      return found;
    } finally {
      // The listener is removed, because the signal may belong to a pass over very many regions.
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Ends all workers; nothing is decompressed ahead any more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #note(): void {
    if (!this.#team) return;
    this.#use = { used: Math.max(this.#use.used, this.#team.used), reason: this.#team.failure ?? this.#use.reason };
  }

  #stop(): void {
    this.#note();
    this.#endRun();
    this.#expected = undefined;
    this.#team?.dismiss();
    this.#team = undefined;
  }

  #endRun(): void {
    this.#run?.end();
    this.#run = undefined;
    this.#inOrder = 0;
  }
}

/** A payload that was read from the capture. */
interface Fetched {
  readonly payload: PayloadAhead;
  /** An array that begins with the bytes of the stored payload, and may be longer. */
  readonly array: Uint8Array<ArrayBuffer>;
  /** Most bytes that the decompressed payload may have. */
  readonly size: number;
}

interface Assigned extends Assignment<DecompressionAnswer> {
  readonly size: number;
  /** The size of the stored payload plus `size`. */
  readonly bytes: number;
}

/** Reads the payloads ahead of one reader in file order, and hands them to the team as long as there is room. */
class RunAhead {
  readonly #options: AheadOptions;
  readonly #team: WorkerTeam<DecompressionAnswer>;
  readonly #threads: number;
  readonly #controller = new AbortController();
  readonly #assigned = new Map<number, Assigned>();
  /** Stored and decompressed bytes of all payloads that are being read or decompressed, or wait for the reader. */
  #bytes = 0;
  /** The number of payloads that are being decompressed by workers, or wait for the reader. */
  #inFlight = 0;
  /** The payload that was read last, if there is no room to decompress it yet. */
  #fetched: Fetched | undefined;
  /** Payloads of blocks up to this index are not read ahead any more. */
  #reached: number;
  /** The index of the last block that the reader asked for. */
  #asked: number;
  #advancing = false;

  constructor(options: AheadOptions, team: WorkerTeam<DecompressionAnswer>, threads: number, position: number) {
    this.#options = options;
    this.#team = team;
    this.#threads = threads;
    this.#reached = position;
    this.#asked = position;
  }

  /** `position` has to be higher in each call than in the one before. Undefined if the caller has to decompress the payload. */
  async take(position: number, signal: AbortSignal | undefined): Promise<DecompressedAhead | undefined> {
    const { cache } = this.#options.decoding;
    this.#asked = position;
    const assigned = this.#assigned.get(position);
    this.#assigned.delete(position);
    // Drops a payload from the cache now rather than when this payload is added: the dropped payload's array can then go to a worker.
    if (assigned) cache.makeRoom(assigned.size);
    void this.#advance();
    if (!assigned) return undefined;
    assigned.withdraw();
    const found = await untilAborted(assigned.result, signal);
    this.#bytes -= assigned.bytes;
    this.#inFlight--;
    void this.#advance();
    if (typeof found === "string") return undefined;
    cache.giveBack(new Uint8Array(found.stored));
    const array = new Uint8Array(found.target);
    if (found.kind === "decompressed") return { bytes: array.subarray(0, found.length), array, deviations: found.deviations };
    cache.giveBack(array);
    return undefined;
  }

  /** Reads no more; workers finish the payloads that they have, and the results are thrown away. */
  end(): void {
    this.#controller.abort();
    for (const assigned of this.#assigned.values()) assigned.withdraw();
    this.#assigned.clear();
  }

  async #advance(): Promise<void> {
    if (this.#advancing) return;
    this.#advancing = true;
    try {
      while (await this.#assignNext());
    } catch {
      // The reader's thread reads the payload again when the reader asks for it, and reports the error.
      this.#controller.abort();
    } finally {
      this.#advancing = false;
    }
  }

  /** Gives the next payload to a worker. Returns whether there may be room for another payload. */
  async #assignNext(): Promise<boolean> {
    const { signal } = this.#controller;
    if (signal.aborted || this.#team.isGone || this.#assigned.size > this.#threads) return false;
    this.#fetched ??= await this.#fetch();
    const fetched = this.#fetched;
    if (signal.aborted || !fetched) return false;
    // Whether the reader has already asked for this payload or a later one, and decompresses it without a worker.
    const isLate = fetched.payload.position <= this.#asked;
    const ofWorkers = Math.min(this.#threads, this.#inFlight + 1) * fetched.size;
    if (!isLate && !this.#hasRoom(fetched.size, ofWorkers)) return false;
    this.#fetched = undefined;
    if (isLate) {
      this.#letGo(fetched.payload, fetched.array);
      // The reader is about to ask for the next payload as well, and would be faster again.
      this.#reached = this.#options.next(this.#asked)?.position ?? this.#asked;
    } else this.#assign(fetched);
    return true;
  }

  /** Whether there is room for `more` bytes, and for workers that decode into `ofWorkers` bytes of linear memory. */
  #hasRoom(more: number, ofWorkers: number): boolean {
    const { held } = this.#options.decoding.limits;
    const bytes = this.#bytes + more;
    return bytes <= ROOM_IN_CACHES * held && bytes + ofWorkers <= ROOM_WITH_WORKERS * held;
  }

  #assign({ payload, array, size }: Fetched): void {
    const { cache, limits } = this.#options.decoding;
    this.#bytes += size;
    this.#inFlight++;
    const assignment = this.#team.run(() => {
      const message: DecompressionJob = {
        stored: array.buffer,
        length: payload.stored.size,
        compression: payload.compression,
        limits: { payloadLimit: limits.payload, wholeLimit: limits.held, windowLimit: limits.window },
        target: cache.newArray(size).buffer,
      };
      return { message, transfer: [message.stored, message.target] };
    });
    this.#assigned.set(payload.position, { ...assignment, size, bytes: payload.stored.size + size });
  }

  /** The next payload that can be decompressed ahead; undefined if there is none, or no room for its stored bytes. */
  async #fetch(): Promise<Fetched | undefined> {
    const { next, decoding } = this.#options;
    for (;;) {
      const payload = next(Math.max(this.#reached, this.#asked));
      if (!payload) return undefined;
      const { stored, compression, position } = payload;
      const isHeld = stored.size <= decoding.limits.held;
      if (isHeld && !this.#hasRoom(stored.size, 0)) return undefined;
      this.#reached = position;
      if (!isHeld) continue;
      this.#bytes += stored.size;
      // Into an array of this class, since the array is transferred to a worker: an array from the source may be the capture itself.
      const array = decoding.cache.newArray(stored.size);
      const bytes = await readInto(stored, 0, array.subarray(0, stored.size), this.#controller.signal);
      const size = heldSize(bytes, compression, decoding);
      if (size !== undefined) return { payload, array, size };
      this.#letGo(payload, array);
    }
  }

  #letGo({ stored }: PayloadAhead, array: Uint8Array<ArrayBuffer>): void {
    this.#bytes -= stored.size;
    this.#options.decoding.cache.giveBack(array);
  }
}

/**
 * The most bytes that the decompressed payload may have. Undefined if the payload cannot be decompressed ahead: its size is not stated or is above the
 * limit, or a decoder of the caller has to decompress it, which is a function and cannot be sent to another thread.
 */
function heldSize(stored: Uint8Array, compression: Compression, { codecs, limits }: Decoding): number | undefined {
  const shapes = payloadShapes(stored, compression);
  let most = 0;
  for (const { codec, size } of shapes) {
    if (size === undefined || size > BigInt(limits.held) || !decodesInPieces(codecs, codec)) return undefined;
    most = Math.max(most, Number(size));
  }
  return shapes.length > 0 ? most : undefined;
}
