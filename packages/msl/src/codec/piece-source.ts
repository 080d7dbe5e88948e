/**
 * Compressed payloads that are not held: decoded in pieces, from their start to where a reader wants to be. Reading on continues,
 * reading back begins again.
 */
import type { DecodeError } from "@memslice/core-wasm";
import { pause } from "#pause";
import { MslError, throwIfAborted } from "../errors.js";
import { requireRange, type Source } from "../source/source.js";
import { beginDecoder, closeDecoder, inTurn, type OpenDecoder, openDecoder } from "./open-decoders.js";
import type { PieceData } from "./piece-data.js";

export type Verdict = { readonly ok: true; readonly size: number; readonly trailingZeros: number } | DecodeError;

/** Output after which others get their turn. */
const PAUSE_BYTES = 16 * 1024 * 1024;

/** Decodes to the end and keeps nothing: how many bytes there are, or why they cannot be had. */
export function verifyPieces(stored: Uint8Array, data: PieceData): Promise<Verdict> {
  return inTurn(async () => {
    const decoder = beginDecoder(stored, data);
    if (!("pieces" in decoder)) return decoder;
    const { pieces } = decoder;
    try {
      let size = 0;
      for (let piece = pieces.next(); piece; piece = pieces.next()) {
        size += piece.length;
        if (size % PAUSE_BYTES < piece.length) await pause();
      }
      const { end } = pieces;
      if (!end) throw new MslError("internal", "The decoder stopped before the end of the data");
      return end.ok ? { ok: true, size, trailingZeros: end.trailingZeros } : end;
    } finally {
      closeDecoder(data);
    }
  });
}

/** Decompressed bytes that are made when they are read. */
export class PieceSource implements Source {
  readonly #name: string;
  readonly #data: PieceData;
  readonly #stored: (signal?: AbortSignal) => Promise<Uint8Array>;

  /** `data` was verified, and its size is the exact one of the output. `stored` gives the compressed bytes, again and again. */
  constructor(name: string, data: PieceData, stored: (signal?: AbortSignal) => Promise<Uint8Array>) {
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
      const stored = openDecoder(this.#data, offset) ? undefined : await this.#stored(signal);
      done = await inTurn(async () => {
        const decoder = openDecoder(this.#data, offset) ?? (stored && this.#begin(stored));
        if (decoder) await this.#fill(decoder, offset, target, signal);
        return decoder !== undefined;
      });
    }
  }

  async #fill(decoder: OpenDecoder, offset: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { pieces } = decoder;
    let piece = pieces.current;
    let passed = 0;
    for (let filled = 0; filled < target.length; ) {
      const at = offset + filled - decoder.start;
      if (at < piece.length) {
        const part = piece.subarray(at, at + target.length - filled);
        target.set(part, filled);
        filled += part.length;
        continue;
      }
      passed += piece.length;
      if (passed >= PAUSE_BYTES) {
        passed = 0;
        await pause();
        throwIfAborted(signal);
      }
      decoder.start += piece.length;
      piece = pieces.next() ?? this.#fail(pieces.end);
    }
  }

  #begin(stored: Uint8Array): OpenDecoder {
    const decoder = beginDecoder(stored, this.#data);
    return "pieces" in decoder ? decoder : this.#fail(decoder);
  }

  /** Data that was found sound before is so no more, or there is no memory left. */
  #fail(end: OpenDecoder["pieces"]["end"]): never {
    closeDecoder(this.#data);
    const reason = end?.ok === false ? end.reason : "it ends early";
    if (reason === "memory") throw new MslError("limit", `${this.#name} cannot be decompressed: there is no memory left`);
    const message = `${this.#name} does not decompress as it did before (${reason}): the capture was changed while it was open`;
    throw new MslError("changed", message);
  }
}
