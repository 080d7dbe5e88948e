/**
 * Payloads too large to be held are decoded in pieces, from their start to the end of the range that is read. The decoder stays open: a later read at
 * higher offsets continues, a read at lower offsets begins at the start again. Each capture has its own queue of decoding tasks, so that no capture
 * waits for the payloads of another.
 */
import { DecodedPieces, type DecodeError } from "@memslice/core-wasm";
import { MslError, throwIfAborted } from "../errors.js";
import { SharedWork, untilAborted } from "../source/cancellable-work.js";
import { requireRange, type Source } from "../source/source.js";
import { TimeSlice } from "../source/time-slice.js";
import { decodeInPieces, type PieceData } from "./codecs.js";
import { changedSince } from "./decoded-cache.js";

/** A decoder, and the offset of its current piece in the decompressed payload. */
export interface OpenDecoder {
  readonly pieces: DecodedPieces;
  start: number;
}

/** Most bytes of linear memory that idle decoders of all captures hold together. */
const HELD_BYTES = 6 * 1024 * 1024;

/** The open decoders that are not in use, in the order of their last use: of all captures, also of captures that were dropped without `close`. */
const idle = new Map<OpenDecoder, { readonly owner: OpenDecoders; readonly data: PieceData }>();

function dropIdleAbove(most: number): void {
  let held = 0;
  for (const { pieces } of idle.keys()) held += pieces.held;
  for (const [decoder, { owner, data }] of idle) {
    if (held <= most) return;
    held -= decoder.pieces.held;
    owner.drop(data);
  }
}

/** The open decoders of one capture. Only one of them decodes at a time. */
export class OpenDecoders {
  readonly #open = new Map<PieceData, OpenDecoder>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** Runs tasks one after the other, so that no decoder in use is closed, and memory stays bounded. Throws `aborted`, also while a task waits. */
  inTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const result = this.#turn.then(() => {
      throwIfAborted(signal);
      return work();
    });
    // `#turn` must not refer to the result, which may be a payload that would otherwise be garbage.
    const end = () => {};
    this.#turn = result.then(end, end);
    return untilAborted(result, signal);
  }

  /** Whether a decoder of the data is open at `offset` or before it. */
  has(data: PieceData, offset: number): boolean {
    const decoder = this.#open.get(data);
    return decoder !== undefined && decoder.start <= offset;
  }

  /** The decoder of the data that is open at `offset` or before it. The decoder is in use until `rest`. */
  at(data: PieceData, offset: number): OpenDecoder | undefined {
    const decoder = this.#open.get(data);
    if (!decoder || decoder.start > offset) return undefined;
    idle.delete(decoder);
    return decoder;
  }

  /** Begins to decode; the decoder is in use until `rest` or `drop`. */
  begin(stored: Uint8Array, data: PieceData): OpenDecoder | DecodeError {
    this.requireOpen();
    this.drop(data);
    dropIdleAbove(HELD_BYTES);
    const pieces = decodeInPieces(data.codec, stored.subarray(data.at), data.size, data.windowLimit);
    if (!(pieces instanceof DecodedPieces)) return pieces;
    const decoder = { pieces, start: 0 };
    this.#open.set(data, decoder);
    return decoder;
  }

  /** Ends the use of a decoder. It stays open until other decoders need its memory. */
  rest(data: PieceData): void {
    const decoder = this.#open.get(data);
    if (!decoder) return;
    idle.delete(decoder);
    idle.set(decoder, { owner: this, data });
    if (this.#closed) this.drop(data);
  }

  drop(data: PieceData): void {
    const decoder = this.#open.get(data);
    if (!decoder) return;
    idle.delete(decoder);
    decoder.pieces.release();
    this.#open.delete(data);
  }

  /** Throws `closed` after `close`. To be called after each pause while decoding. */
  requireOpen(): void {
    if (this.#closed) throw new MslError("closed", "The capture was closed while its compressed data was being read");
  }

  /** Releases all decoders that are not in use. The task that uses a decoder ends at its next `requireOpen`, and then releases the decoder. */
  close(): void {
    this.#closed = true;
    for (const [data, decoder] of this.#open) if (idle.has(decoder)) this.drop(data);
  }
}

type DecodedToEnd = { readonly ok: true; readonly size: number; readonly trailingZeros: number } | DecodeError;

/** Units of work (see `TimeSlice`) of a piece of 256 KiB: about a quarter of a millisecond, more for data of many short sequences. */
export const UNITS_PER_PIECE = 256;

/** Decodes the data to its end and keeps no bytes. Returns the number of bytes, or the fault of the data. Throws `aborted` and `closed`. */
export function verifyPieces(
  stored: Uint8Array,
  data: PieceData,
  decoders: OpenDecoders,
  signal: AbortSignal | undefined,
): Promise<DecodedToEnd> {
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

/** A compressed payload that is decoded in pieces each time it is read. */
export class PieceSource implements Source {
  readonly #name: string;
  readonly #data: PieceData;
  readonly #stored: (signal?: AbortSignal) => Promise<Uint8Array>;
  readonly #decoders: OpenDecoders;
  /** The stored payload while reads wait for it: several at the same time share it, since it may be large. */
  #reading: SharedWork<Uint8Array> | undefined;

  /** `data` was verified, and has the exact size of the decompressed payload. `stored` reads the stored payload. */
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
      // Before the turn begins: reading the stored bytes may take a turn itself, if they lie in a compressed payload.
      const stored = this.#decoders.has(this.#data, offset) ? undefined : await this.#read(signal);
      done = await this.#decoders.inTurn(async () => {
        this.#decoders.requireOpen();
        const decoder = this.#decoders.at(this.#data, offset) ?? (stored && this.#begin(stored));
        if (!decoder) return false;
        try {
          await this.#fill(decoder, offset, target, signal);
        } finally {
          this.#decoders.rest(this.#data);
          this.#reading = undefined;
        }
        return true;
      }, signal);
    }
  }

  #read(signal: AbortSignal | undefined): Promise<Uint8Array> {
    if (!this.#reading || this.#reading.dead) this.#reading = new SharedWork(this.#stored);
    return this.#reading.join(signal);
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

  /** Throws for data that decoded when it was verified and does not decode now: it has changed (`changed`), or there is no memory left (`limit`). */
  #fail(end: OpenDecoder["pieces"]["end"]): never {
    this.#decoders.drop(this.#data);
    const reason = end?.ok === false ? end.reason : "it ends early";
    if (reason === "memory") throw new MslError("limit", `${this.#name} cannot be decompressed: there is no memory left`);
    throw changedSince(this.#name, reason);
  }
}
