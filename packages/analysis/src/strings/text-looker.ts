/** Runs of text in a piece of memory. */
import { type ScanCore, type TextKind, TextSearch } from "@memslice/core-wasm/scan";
import type { Looker } from "../asking/lookers.js";
import type { Piece } from "../asking/pieces.js";

export const STRING_ENCODINGS = ["ascii", "utf-8", "utf-16le", "utf-16be"] as const;

/** How characters are laid out. */
export type StringEncoding = (typeof STRING_ENCODINGS)[number];

export interface TextSpec {
  readonly encodings: readonly StringEncoding[];
  /** The fewest characters of a string. */
  readonly minimum: number;
}

/** The runs of one encoding in a piece. */
export interface TextRuns {
  readonly encoding: StringEncoding;
  /** The lowest bit of the address of each character, for encodings of two bytes; 0 for others. */
  readonly parity: 0 | 1;
  /** Pairs: offset of the first byte in the piece, offset behind the last one. */
  readonly runs: Uint32Array;
  /** The bytes of all runs, one after the other. */
  readonly bytes: Uint8Array;
}

/** The kernel finds runs of up to this number of bytes by their length; longer ones are sorted out later. */
const LONGEST_MINIMUM = 64;

export class TextLooker implements Looker<readonly TextRuns[]> {
  readonly #search: TextSearch;
  readonly #spec: TextSpec;

  constructor(core: ScanCore, spec: TextSpec) {
    this.#search = new TextSearch(core);
    this.#spec = spec;
  }

  /** Runs that may continue in another piece come however short they are. */
  look(piece: Piece): readonly TextRuns[] {
    return this.#spec.encodings.flatMap((encoding) => {
      if (encoding === "ascii" || encoding === "utf-8") return this.#runs(piece, encoding, 0, encoding, this.#spec.minimum);
      return ([0, 1] as const).map((parity) => {
        const isOdd = (Number(piece.address & 1n) ^ parity) === 1;
        return this.#runs(piece, encoding, parity, `${encoding}-${isOdd ? "odd" : "even"}`, 2 * this.#spec.minimum);
      });
    });
  }

  release(): void {
    this.#search.release();
  }

  #runs(
    { window, offset, length, repeated }: Piece,
    encoding: StringEncoding,
    parity: 0 | 1,
    kind: TextKind,
    shortest: number,
  ): TextRuns {
    const found: number[] = [];
    const options = { kind, shortest: Math.min(shortest, LONGEST_MINIMUM), length, start: offset, edge: repeated };
    let size = 0;
    for (const batch of this.#search.runs(window, options)) {
      for (let i = 0; i < batch.length; i += 2) {
        const start = batch[i] ?? 0;
        const end = batch[i + 1] ?? 0;
        // Runs inside the repeated bytes end before the piece does: the piece before had them.
        if (end - start < shortest && start > repeated && end + 1 < length) continue;
        found.push(start, end);
        size += end - start;
      }
    }
    const bytes = new Uint8Array(size);
    const content = window.bytes;
    let at = 0;
    for (let i = 0; i < found.length; i += 2) {
      const part = content.subarray(offset + (found[i] ?? 0), offset + (found[i + 1] ?? 0));
      bytes.set(part, at);
      at += part.length;
    }
    return { encoding, parity, runs: Uint32Array.from(found), bytes };
  }
}
