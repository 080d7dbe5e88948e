/**
 * Decoders in pieces that were left open, so that reading on continues. Each capture has its own queue, so that none waits for the payloads of
 * another; what all decoders hold that nobody is using has one bound, whether captures are closed or forgotten.
 */
import { DecodedPieces, type DecodeError } from "@memslice/core-wasm";
import { MslError, throwIfAborted } from "../errors.js";
import { untilAborted } from "../source/until-aborted.js";
import { type CodecName, type CodecSize, decodeInPieces } from "./codecs.js";

/** Compressed data as its decoder has to know it; one object for the same data. */
export interface PieceData {
  readonly codec: CodecName;
  /** Where the data begins in the stored payload. */
  readonly at: number;
  readonly size: CodecSize;
  readonly windowLimit: number;
}

/** A decoder and where its current piece begins in the output. */
export interface OpenDecoder {
  readonly pieces: DecodedPieces;
  start: number;
}

/** Bytes of linear memory that decoders of all captures may hold beside those that are in use. */
const HELD_BYTES = 6 * 1024 * 1024;

/** Decoders that wait for somebody to read on, in the order of their last use. */
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

/** The decoders of one capture: one works at a time. */
export class OpenDecoders {
  readonly #open = new Map<PieceData, OpenDecoder>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** One after the other: what is in use must not be closed, and what all hold together has a bound. Throws `aborted`, also while waiting. */
  inTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const result = this.#turn.then(() => {
      throwIfAborted(signal);
      return work();
    });
    this.#turn = result.catch(() => {});
    return untilAborted(result, signal);
  }

  /** Whether a decoder of this data is open at `offset` or before it. */
  has(data: PieceData, offset: number): boolean {
    const decoder = this.#open.get(data);
    return decoder !== undefined && decoder.start <= offset;
  }

  /** The decoder of this data that is open at `offset` or before it. It is in use until `rest`. */
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

  /** Leaves the decoder open, until others need its place. */
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

  /** Throws `closed` after `close`: whoever is decoding looks here after each pause. */
  requireOpen(): void {
    if (this.#closed) throw new MslError("closed", "The capture was closed while its compressed data was being read");
  }

  /** Gives the memory of all decoders back; those in use follow as soon as they look at `requireOpen`. */
  close(): void {
    this.#closed = true;
    for (const [data, decoder] of this.#open) if (idle.has(decoder)) this.drop(data);
  }
}
