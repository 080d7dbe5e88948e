/** Comparisons, views and copies of byte arrays, and bytes of texts. */
import { MslError } from "./errors.js";

/** Whether all bytes are zero; true for an empty array. */
export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Takes less time the sooner the bytes differ: for hashes, identifiers and headers, not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && startsWith(a, b);
}

/** Whether `bytes` has the bytes of `start` at offset `at`. */
export function startsWith(bytes: Uint8Array, start: Uint8Array, at = 0): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}

/** The bytes from `start` to `end`, not a copy. `subarray` gives the same, but takes twice as long because it has to look for the class of `bytes`. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes.constructor !== Uint8Array) return bytes.subarray(start, end);
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/**
 * Makes views of one byte array. For each single view, `subarray` and `viewOf` look for the class and the memory of the array, which takes as long as making
 * the view.
 */
export class ByteViews {
  readonly bytes: Uint8Array;
  /** The memory of the array; undefined for an array of a subclass, whose views are of that class too. */
  readonly #memory: ArrayBufferLike | undefined;
  readonly #start: number;
  readonly #length: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#length = bytes.length;
    this.#memory = bytes.constructor === Uint8Array ? bytes.buffer : undefined;
    this.#start = bytes.byteOffset;
  }

  /** The bytes from `start` to `end`, not a copy: as `subarray` gives them, fewer where the array ends before. */
  view(start: number, end: number): Uint8Array {
    if (!this.#memory || start > end || end > this.#length) return this.bytes.subarray(start, end);
    return new Uint8Array(this.#memory, this.#start + start, end - start);
  }
}

/**
 * A copy of the bytes in memory of its own. `slice` does not copy a Node Buffer but returns a view: writing to the view changes the capture, and
 * reading into the same Buffer later changes the view.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** The parts in one array; the part itself, uncopied, if only one has bytes. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const filled = parts.filter(({ length }) => length > 0);
  const [only] = filled;
  if (only && filled.length === 1) return only;
  const all = new Uint8Array(filled.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of filled) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Throws `unsupported-runtime` where there is none. Modules that are loaded with the library call it, so that loading fails with this sentence. */
export function textEncoder(): InstanceType<typeof TextEncoder> {
  if (typeof TextEncoder === "function") return new TextEncoder();
  throw new MslError(
    "unsupported-runtime",
    "This runtime has no TextEncoder. Jest takes it away in the environment 'jsdom': begin the file of the test with /** @jest-environment node */",
  );
}
