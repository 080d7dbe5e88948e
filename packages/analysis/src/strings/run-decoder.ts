/** The strings of runs whose characters have one or two bytes. The bytes of a run come in parts; only characters that are shown are held. */
import type { StringEncoding } from "./text-looker.js";

/** A string, and where it stands. */
export interface MemoryString {
  readonly address: bigint;
  /** Bytes of the string in memory. */
  readonly length: number;
  readonly encoding: StringEncoding;
  /** The characters, at most `longest`. */
  readonly text: string;
}

/** Which strings count, and how much of them is shown. */
export interface StringRules {
  readonly minimum: number;
  readonly longest: number;
}

/** Makes strings of the bytes of runs, one run after the other, in the order of their addresses. */
export interface RunDecoder {
  /** Strings that have ended. The caller takes them. */
  readonly ended: MemoryString[];
  /** No string that ends later begins before this address, as long as a run is open. */
  readonly address: bigint;
  /** A run begins at this address. */
  begin(address: bigint): void;
  /** The next bytes of the run: those with these indexes. */
  add(bytes: Uint8Array, from: number, to: number): void;
  /** The run ends. */
  end(): void;
}

/** The most bytes whose characters are appended one by one. Appending more makes a chain of many short strings, which the engine joins all at once later. */
const FEW_BYTES = 256;

/** The text of characters of `width` bytes, whose significant byte is at the offset `low`. Not more bytes than a call has arguments. */
function textOf(bytes: Uint8Array, width: number, low: number): string {
  return String.fromCharCode(...(width === 1 ? bytes : bytes.filter((_, i) => i % width === low)));
}

/** For ASCII and UTF-16, in which kernels find runs of whole characters. */
export class PlainDecoder implements RunDecoder {
  readonly ended: MemoryString[] = [];
  readonly #encoding: StringEncoding;
  readonly #rules: StringRules;
  readonly #width: number;
  /** The offset of the significant byte in a character: the other byte of UTF-16 is 0. */
  readonly #low: number;
  #address = 0n;
  #length = 0;
  #text = "";

  constructor(encoding: StringEncoding, rules: StringRules) {
    this.#encoding = encoding;
    this.#rules = rules;
    this.#width = encoding === "ascii" ? 1 : 2;
    this.#low = encoding === "utf-16be" ? 1 : 0;
  }

  get address(): bigint {
    return this.#address;
  }

  begin(address: bigint): void {
    this.#address = address;
    this.#length = 0;
    this.#text = "";
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    const room = this.#rules.longest * this.#width - this.#length;
    const shown = Math.min(to, from + room);
    if (shown - from > FEW_BYTES) this.#text += textOf(bytes.subarray(from, shown), this.#width, this.#low);
    else for (let i = from + this.#low; i < shown; i += this.#width) this.#text += String.fromCharCode(bytes[i] ?? 0);
    this.#length += to - from;
  }

  end(): void {
    const length = this.#length;
    if (length < this.#width * this.#rules.minimum) return;
    this.ended.push({ address: this.#address, length, encoding: this.#encoding, text: this.#text });
  }
}
