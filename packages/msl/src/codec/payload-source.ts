/**
 * Decompressed payloads as sources. One that may be held is read from the cache, and decompressed again where the cache let go of it. A larger one
 * is decoded in pieces, from its start to where a reader wants to be: reading on continues, reading back begins again.
 */
import type { DecodeError } from "@memslice/core-wasm";
import { ownBytes } from "../bytes.js";
import { MslError, throwIfAborted } from "../errors.js";
import { requireRange, type Source } from "../source/source.js";
import { TimeSlice } from "../source/time-slice.js";
import type { Readable } from "./decoded-cache.js";
import type { OpenDecoder, OpenDecoders, PieceData } from "./open-decoders.js";

export type Verdict = { readonly ok: true; readonly size: number; readonly trailingZeros: number } | DecodeError;

/** Units of work for the output of 256 KiB: about a quarter of a millisecond, more where many short sequences make it. */
export const UNITS_PER_PIECE = 256;

/** Decodes to the end and keeps nothing: how many bytes there are, or why they cannot be had. Throws `aborted` and `closed`. */
export function verifyPieces(
  stored: Uint8Array,
  data: PieceData,
  decoders: OpenDecoders,
  signal: AbortSignal | undefined,
): Promise<Verdict> {
  return decoders.inTurn(async () => {
    const decoder = decoders.begin(stored, data);
    if (!("pieces" in decoder)) return decoder;
    const { pieces } = decoder;
    const slice = new TimeSlice(signal);
    try {
      let size = 0;
      for (let piece = pieces.next(); piece; piece = pieces.next()) {
        size += piece.length;
        if (!slice.isSpent(UNITS_PER_PIECE)) continue;
        await slice.renew();
        decoders.requireOpen();
      }
      const { end } = pieces;
      if (!end) throw new MslError("internal", "The decoder stopped before the end of the data");
      return end.ok ? { ok: true, size, trailingZeros: end.trailingZeros } : end;
    } finally {
      decoders.drop(data);
    }
  }, signal);
}

/** A decompressed payload of the cache. What is read of it is a copy: the cache uses the array for the next payload. */
export class HeldSource implements Source {
  readonly size: number;
  readonly #name: string;
  readonly #borrow: <T>(use: (payload: Readable) => T, signal?: AbortSignal) => Promise<T>;

  /**
   * `borrow` calls its `use` with the payload, whose bytes are the cache's again when `use` returns. Reading throws `changed` where they are not
   * `size` bytes. `name` is for messages.
   */
  constructor(name: string, size: number, borrow: <T>(use: (payload: Readable) => T, signal?: AbortSignal) => Promise<T>) {
    this.#name = name;
    this.size = size;
    this.#borrow = borrow;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    return this.#borrow((payload) => ownBytes(this.#bytesOf(payload).subarray(offset, offset + length)), signal);
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    requireRange(offset, target.length, this.size);
    await this.#borrow((payload) => target.set(this.#bytesOf(payload).subarray(offset, offset + target.length)), signal);
  }

  /** The payload was decompressed before. Throws `changed` where it does not decompress as it did then, and `limit` where memory is used up. */
  #bytesOf({ bytes, problem }: Readable): Uint8Array {
    if (bytes?.length === this.size) return bytes;
    if (problem?.id === "CMP-LIMIT")
      throw new MslError("limit", `${this.#name} cannot be decompressed again: ${problem.message}`);
    const found = problem?.message ?? (bytes ? `${bytes.length} bytes instead of ${this.size}` : "it is larger than it was");
    throw changed(this.#name, found);
  }
}

/** A decompressed payload that is decoded when it is read. */
export class PieceSource implements Source {
  readonly #name: string;
  readonly #data: PieceData;
  readonly #stored: (signal?: AbortSignal) => Promise<Uint8Array>;
  readonly #decoders: OpenDecoders;

  /** `data` was verified, and its size is the exact one of the output. `stored` gives the compressed bytes, again and again. */
  constructor(name: string, data: PieceData, stored: (signal?: AbortSignal) => Promise<Uint8Array>, decoders: OpenDecoders) {
    this.#decoders = decoders;
    this.#name = name;
    this.#data = data;
    this.#stored = stored;
  }

  get size(): number {
    return this.#data.size.bytes;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    requireRange(offset, length, this.size);
    const bytes = new Uint8Array(length);
    await this.readInto(offset, bytes, signal);
    return bytes;
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    requireRange(offset, target.length, this.size);
    let done = target.length === 0;
    while (!done) {
      throwIfAborted(signal);
      // Not while others wait for their turn: what is stored may have to be decompressed itself.
      const stored = this.#decoders.has(this.#data, offset) ? undefined : await this.#stored(signal);
      done = await this.#decoders.inTurn(async () => {
        this.#decoders.requireOpen();
        const decoder = this.#decoders.at(this.#data, offset) ?? (stored && this.#begin(stored));
        if (!decoder) return false;
        try {
          await this.#fill(decoder, offset, target, signal);
        } finally {
          this.#decoders.rest(this.#data);
        }
        return true;
      }, signal);
    }
  }

  async #fill(decoder: OpenDecoder, offset: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { pieces } = decoder;
    const slice = new TimeSlice(signal);
    let piece = pieces.current;
    for (let filled = 0; filled < target.length; ) {
      const at = offset + filled - decoder.start;
      if (at < piece.length) {
        const part = piece.subarray(at, at + target.length - filled);
        target.set(part, filled);
        filled += part.length;
        continue;
      }
      if (slice.isSpent(UNITS_PER_PIECE)) {
        await slice.renew();
        this.#decoders.requireOpen();
      }
      decoder.start += piece.length;
      piece = pieces.next() ?? this.#fail(pieces.end);
    }
  }

  #begin(stored: Uint8Array): OpenDecoder {
    const decoder = this.#decoders.begin(stored, this.#data);
    return "pieces" in decoder ? decoder : this.#fail(decoder);
  }

  /** Data that was found sound before is so no more, or there is no memory left. */
  #fail(end: OpenDecoder["pieces"]["end"]): never {
    this.#decoders.drop(this.#data);
    const reason = end?.ok === false ? end.reason : "it ends early";
    if (reason === "memory") throw new MslError("limit", `${this.#name} cannot be decompressed: there is no memory left`);
    throw changed(this.#name, reason);
  }
}

function changed(name: string, found: string): MslError {
  return new MslError(
    "changed",
    `${name} does not decompress as it did before (${found}): the capture was changed while it was open`,
  );
}
