/** The regions ahead of one reader who goes from one to the next: their payloads are fetched in order, and handed to workers as long as there is room. */
import type { Deviation } from "../../deviations/deviation.js";
import type { Compression } from "../../format/codes.js";
import { readInto, type Source } from "../../source/source.js";
import { untilAborted } from "../../source/until-aborted.js";
import type { DecompressionAnswer, DecompressionJob } from "../../threads/decompression-worker.js";
import type { Assignment, WorkerTeam } from "../../threads/worker-team.js";
import { decodesInPieces } from "../codecs.js";
import type { Decoding } from "../decoding.js";
import { payloadShapes } from "../payload-shapes.js";

/** A compressed payload and where its block stands in the capture. */
export interface PayloadAhead {
  readonly position: number;
  readonly compression: Compression;
  readonly stored: Source;
}

/** A sound payload, in an array that nobody else has. */
export interface DecompressedAhead {
  readonly bytes: Uint8Array;
  readonly array: Uint8Array<ArrayBuffer>;
  /** Offsets count from the start of the stored payload. */
  readonly deviations: readonly Omit<Deviation, "block">[];
}

export interface RunOptions {
  readonly decoding: Decoding;
  readonly next: (position: number) => PayloadAhead | undefined;
  /** Where the reader is. */
  readonly position: number;
  /** Most payloads that are ahead of the reader. */
  readonly most: number;
  readonly team: WorkerTeam<DecompressionAnswer>;
}

/** Payloads ahead take at most so many times the bytes that the cache of decompressed payloads has, stored and decompressed bytes together. */
const ROOM_IN_CACHES = 1.75;

interface Fetched {
  readonly payload: PayloadAhead;
  /** Has the stored bytes at its beginning. */
  readonly array: Uint8Array<ArrayBuffer>;
  /** Most bytes that the decompressed payload may have. */
  readonly size: number;
}

interface Assigned extends Assignment<DecompressionAnswer> {
  readonly size: number;
  /** Stored and decompressed. */
  readonly bytes: number;
}

export class RunAhead {
  readonly #options: RunOptions;
  readonly #room: number;
  readonly #controller = new AbortController();
  readonly #assigned = new Map<number, Assigned>();
  /** Stored and decompressed bytes of all payloads that are fetched, with workers, or waiting to be taken. */
  #bytes = 0;
  /** The payload that was fetched and has no room yet. */
  #fetched: Fetched | undefined;
  /** The last block that was looked at. */
  #reached: number;
  /** The last one that the reader asked for. */
  #asked: number;
  #advancing = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#room = ROOM_IN_CACHES * options.decoding.limits.held;
    this.#reached = options.position;
    this.#asked = options.position;
  }

  /** Positions have to rise. Undefined where the payload remains to be decompressed. */
  async take(position: number, signal: AbortSignal): Promise<DecompressedAhead | undefined> {
    this.#asked = position;
    const assigned = this.#assigned.get(position);
    this.#assigned.delete(position);
    // The array of the payload that makes room goes to a worker.
    if (assigned) this.#options.decoding.cache.makeRoom(assigned.size);
    void this.#advance();
    if (!assigned) return undefined;
    assigned.withdraw();
    const found = await untilAborted(assigned.result, signal);
    this.#bytes -= assigned.bytes;
    void this.#advance();
    if (typeof found === "string") return undefined;
    const { cache } = this.#options.decoding;
    cache.giveBack(new Uint8Array(found.stored));
    const array = new Uint8Array(found.target);
    if (found.kind === "decompressed") return { bytes: array.subarray(0, found.length), array, deviations: found.deviations };
    cache.giveBack(array);
    return undefined;
  }

  /** Fetches no more; what workers have is finished and thrown away. */
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
      // What cannot be read is read again, and told, when it is asked for.
      this.#controller.abort();
    } finally {
      this.#advancing = false;
    }
  }

  /** Whether there may be room for another. */
  async #assignNext(): Promise<boolean> {
    const { signal } = this.#controller;
    const { next, most, team } = this.#options;
    if (signal.aborted || team.isGone || this.#assigned.size >= most) return false;
    this.#fetched ??= await this.#fetch();
    const fetched = this.#fetched;
    if (signal.aborted || !fetched) return false;
    // The reader was faster.
    const isLate = fetched.payload.position <= this.#asked;
    const hasRoom = this.#bytes + fetched.size <= this.#room;
    if (!isLate && !hasRoom) return false;
    this.#fetched = undefined;
    if (isLate) {
      this.#letGo(fetched);
      // It is about to ask for the one behind as well, and would again be faster.
      this.#reached = next(this.#asked)?.position ?? this.#asked;
      return true;
    }
    this.#assign(fetched);
    return true;
  }

  #letGo({ payload, array }: Pick<Fetched, "payload" | "array">): void {
    this.#bytes -= payload.stored.size;
    this.#options.decoding.cache.giveBack(array);
  }

  #assign({ payload, array, size }: Fetched): void {
    const { decoding, team } = this.#options;
    const { payload: payloadLimit, held: wholeLimit, window: windowLimit } = decoding.limits;
    this.#bytes += size;
    const assignment = team.run(() => {
      const message: DecompressionJob = {
        stored: array.buffer,
        length: payload.stored.size,
        compression: payload.compression,
        limits: { payloadLimit, wholeLimit, windowLimit },
        target: decoding.cache.newArray(size).buffer,
      };
      return { message, transfer: [message.stored, message.target] };
    });
    this.#assigned.set(payload.position, { ...assignment, size, bytes: payload.stored.size + size });
  }

  /** The next payload that can be decompressed ahead, and undefined where there is none or no room for it. */
  async #fetch(): Promise<Fetched | undefined> {
    const { next, decoding } = this.#options;
    for (;;) {
      const payload = next(Math.max(this.#reached, this.#asked));
      if (!payload) return undefined;
      const { stored, compression, position } = payload;
      const isHeld = stored.size <= decoding.limits.held;
      if (isHeld && this.#bytes + stored.size > this.#room) return undefined;
      this.#reached = position;
      if (!isHeld) continue;
      this.#bytes += stored.size;
      // Not one of the source: it is handed over, and what a source gives out may be the capture itself.
      const array = decoding.cache.newArray(stored.size);
      const bytes = await readInto(stored, 0, array.subarray(0, stored.size), this.#controller.signal);
      const size = heldSize(bytes, compression, decoding);
      if (size !== undefined) return { payload, array, size };
      this.#letGo({ payload, array });
    }
  }
}

/**
 * The most bytes that the payload may have, of one that would be held at once; undefined for others, whose size is not stated or which a decoder
 * that was plugged in has to decompress: functions cannot be handed to another thread.
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
