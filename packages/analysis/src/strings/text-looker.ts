/** Runs of text in a piece of memory. */
import { type ScanCore, type TextKind, TextSearch } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
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
  readonly runs: Uint32Array<ArrayBuffer>;
  /** The bytes of all runs, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The kernel finds runs of up to this number of bytes by their length; longer ones are sorted out later. */
const LONGEST_MINIMUM = 64;
/** Words and bytes of runs that there is room for at first. */
const FIRST_RUNS = 1024;
const FIRST_BYTES = 1 << 14;
/** So many bytes are copied faster one by one. */
const FEW_BYTES = 32;
/** Units of work of one call of the kernel, with the runs that it finds. */
const UNITS_PER_CALL = 256;

export class TextLooker implements Looker<readonly TextRuns[]> {
  readonly #search: TextSearch;
  readonly #spec: TextSpec;
  /** What is found, until its size is known. Used again for the next piece: the runtime would collect them only after dozens of pieces. */
  #runsFound = new Uint32Array(FIRST_RUNS);
  #bytesFound = new Uint8Array(FIRST_BYTES);

  constructor(core: ScanCore, spec: TextSpec) {
    this.#search = new TextSearch(core);
    this.#spec = spec;
  }

  /** Runs that may continue in another piece come however short they are. */
  *look(piece: Piece): SlicedWork<readonly TextRuns[]> {
    const { encodings, minimum } = this.#spec;
    const all: TextRuns[] = [];
    for (const encoding of encodings) {
      if (encoding === "ascii" || encoding === "utf-8") {
        all.push({ encoding, parity: 0, ...(yield* this.#runs(piece, encoding, minimum)) });
        continue;
      }
      for (const parity of [0, 1] as const) {
        const isOdd = (Number(piece.address & 1n) ^ parity) === 1;
        const kind = `${encoding}-${isOdd ? "odd" : "even"}` as const;
        all.push({ encoding, parity, ...(yield* this.#runs(piece, kind, 2 * minimum)) });
      }
    }
    return all;
  }

  memoryOf(answer: readonly TextRuns[]): readonly ArrayBuffer[] {
    return answer.flatMap(({ runs, bytes }) => [runs.buffer, bytes.buffer]);
  }

  release(): void {
    this.#search.release();
  }

  *#runs(
    { window, offset, length, repeated }: Piece,
    kind: TextKind,
    shortest: number,
  ): SlicedWork<Pick<TextRuns, "runs" | "bytes">> {
    const content = window.bytes;
    let runs = this.#runsFound;
    let bytes = this.#bytesFound;
    let count = 0;
    let size = 0;
    const options = { kind, shortest: Math.min(shortest, LONGEST_MINIMUM), length, start: offset, edge: repeated };
    for (const batch of this.#search.runs(window, options)) {
      if (count + batch.length > runs.length) {
        const more = new Uint32Array(2 * runs.length + batch.length);
        more.set(runs);
        runs = more;
      }
      for (let i = 0; i < batch.length; i += 2) {
        const start = batch[i] ?? 0;
        const end = batch[i + 1] ?? 0;
        // Runs inside the repeated bytes end before the piece does: the piece before had them.
        if (end - start < shortest && start > repeated && end + 1 < length) continue;
        runs[count++] = start;
        runs[count++] = end;
        if (size + end - start > bytes.length) {
          const more = new Uint8Array(Math.min(length, 2 * bytes.length + end - start));
          more.set(bytes);
          bytes = more;
        }
        if (end - start > FEW_BYTES) bytes.set(content.subarray(offset + start, offset + end), size);
        else for (let at = start; at < end; at++) bytes[size + at - start] = content[offset + at] ?? 0;
        size += end - start;
      }
      yield UNITS_PER_CALL;
    }
    this.#runsFound = runs;
    this.#bytesFound = bytes;
    return { runs: runs.slice(0, count), bytes: bytes.slice(0, size) };
  }
}
