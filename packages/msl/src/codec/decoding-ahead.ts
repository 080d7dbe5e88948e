/**
 * Decompresses payloads in workers before they are asked for, while a reader goes through the regions in file order. Results are the same as
 * without workers: only a sound payload is taken from a worker; everything else is decompressed by the thread that asks for it.
 */
import { availableThreads } from "#threads";
import type { Deviation } from "../deviations/deviation.js";
import type { Compression } from "../format/codes.js";
import { untilAborted } from "../source/cancellable-work.js";
import { readInto, type Source } from "../source/source.js";
import type { DecompressionAnswer, DecompressionJob } from "../threads/decompression-worker.js";
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

/** A sound payload, in an array that nobody else has. Offsets of deviations count from the start of the stored payload. */
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

/** With "auto", workers start after so many regions were read in order: a reader of a few regions gets none. */
const AUTOMATIC_AFTER = 4;
/** Few payloads have room ahead, so that more workers would take memory and find no work. */
const AUTOMATIC_THREADS = 2;
/** Payloads ahead, stored and decompressed, take at most so many times the bytes that the cache of decompressed payloads may hold. */
const ROOM_IN_CACHES = 2;
/** The same with the linear memory of the workers, each of which decodes into as many bytes as a payload has. */
const ROOM_WITH_WORKERS = 3;

/** Decides whether a reader goes through the regions in order, and starts and ends the run ahead of the reader. */
export class DecodingAhead {
  readonly #options: AheadOptions;
  readonly #threads: number;
  readonly #after: number;
  #team: WorkerTeam<DecompressionAnswer> | undefined;
  #run: RunAhead | undefined;
  #inOrder = 0;
  /** The region that a reader who goes on in order asks for next. */
  #expected: number | undefined;
  #closed = false;

  constructor(options: AheadOptions) {
    const { threads } = options;
    this.#options = options;
    const available = threads === 1 ? 0 : availableThreads({ sharedMemory: false });
    this.#threads = available === 0 || threads === 1 ? 1 : threads === "auto" ? Math.min(available, AUTOMATIC_THREADS) : threads;
    this.#after = threads === "auto" ? AUTOMATIC_AFTER : 1;
  }

  /**
   * The payload of the block at `position` if a worker has decompressed it or is doing so; undefined if the caller has to decompress it. Rejects
   * with `aborted`, and then ends the workers.
   */
  async take(position: number, signal: AbortSignal): Promise<DecompressedAhead | undefined> {
    if (this.#threads === 1 || this.#closed) return undefined;
    if (this.#expected === position) this.#inOrder++;
    else this.#endRun();
    this.#expected = this.#options.next(position)?.position;
    if (this.#inOrder < this.#after) return undefined;
    if (!this.#run) {
      this.#team ??= new WorkerTeam({ kind: "decompression", threads: this.#threads, holdsWhileStarting: false });
      this.#run = new RunAhead(this.#options, this.#team, this.#threads, position);
    }
    const run = this.#run;
    const stop = () => this.#stop();
    signal.addEventListener("abort", stop, { once: true });
    const found = await run.take(position, signal);
    if (this.#expected === undefined && run === this.#run) this.#stop();
    return found;
  }

  /** Ends all workers; nothing is decompressed ahead any more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
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
  /** The stored payload is at its beginning. */
  readonly array: Uint8Array<ArrayBuffer>;
  /** Most bytes that the decompressed payload may have. */
  readonly size: number;
}

interface Assigned extends Assignment<DecompressionAnswer> {
  readonly size: number;
  /** Stored and decompressed. */
  readonly bytes: number;
}

/** Reads the payloads ahead of one reader in file order, and hands them to the team as long as there is room. */
class RunAhead {
  readonly #options: AheadOptions;
  readonly #team: WorkerTeam<DecompressionAnswer>;
  readonly #threads: number;
  readonly #controller = new AbortController();
  readonly #assigned = new Map<number, Assigned>();
  /** Stored and decompressed bytes of all payloads that are read, with workers, or waiting to be taken. */
  #bytes = 0;
  /** Payloads with workers, or waiting to be taken. */
  #inFlight = 0;
  /** The payload that was read last and has no room yet. */
  #fetched: Fetched | undefined;
  /** The last block that was looked at. */
  #reached: number;
  /** The last block that the reader asked for. */
  #asked: number;
  #advancing = false;

  constructor(options: AheadOptions, team: WorkerTeam<DecompressionAnswer>, threads: number, position: number) {
    this.#options = options;
    this.#team = team;
    this.#threads = threads;
    this.#reached = position;
    this.#asked = position;
  }

  /** Positions have to rise. Undefined if the caller has to decompress the payload. */
  async take(position: number, signal: AbortSignal): Promise<DecompressedAhead | undefined> {
    const { cache } = this.#options.decoding;
    this.#asked = position;
    const assigned = this.#assigned.get(position);
    this.#assigned.delete(position);
    // The array of a payload that is dropped for this one goes to a worker.
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
      // The reader who asks for the payload reads it again, and gets the error.
      this.#controller.abort();
    } finally {
      this.#advancing = false;
    }
  }

  /** Whether there may be room for another payload. */
  async #assignNext(): Promise<boolean> {
    const { signal } = this.#controller;
    if (signal.aborted || this.#team.isGone || this.#assigned.size > this.#threads) return false;
    this.#fetched ??= await this.#fetch();
    const fetched = this.#fetched;
    if (signal.aborted || !fetched) return false;
    // The reader was faster.
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
      // In an array of our own, since it is handed over: what a source gives out may be the capture itself.
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
 * The most bytes that the decompressed payload may have, if it may be held. Undefined where the size is not stated, is above the limit, or a
 * decoder that was plugged in has to decompress the payload: functions cannot be handed to another thread.
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
