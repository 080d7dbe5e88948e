/** The strings of runs of bytes that may be UTF-8. The bytes come in parts, and no more of them is held than a character has. */
import type { MemoryString, RunDecoder, StringRules } from "./run-decoder.js";

/** No character, for bytes that are no UTF-8 and for the controls from 0x80 to 0x9f. */
const NONE = -1;
/** A character that ends behind the bytes that are known. */
const UNFINISHED = -2;
const NO_BYTES = new Uint8Array(0);

export class Utf8Strings implements RunDecoder {
  readonly ended: MemoryString[] = [];
  readonly #rules: StringRules;
  /** The address of the first byte of the run. */
  #run = 0n;
  /** Bytes of the run that have been looked at, and those of them that stand before the string. */
  #at = 0;
  #start = 0;
  #characters = 0;
  #text = "";
  /** The first bytes of a character whose other bytes have not come. */
  #held: Uint8Array = NO_BYTES;

  constructor(rules: StringRules) {
    this.#rules = rules;
  }

  get address(): bigint {
    return this.#run + BigInt(this.#start);
  }

  begin(address: bigint): void {
    this.#run = address;
    this.#at = 0;
    this.#start = 0;
    this.#characters = 0;
    this.#text = "";
    this.#held = NO_BYTES;
  }

  /** Controls, and bytes that are no UTF-8, end a string. */
  add(bytes: Uint8Array, from: number, to: number): void {
    if (this.#held.length === 0) {
      const done = this.#decode(bytes, from, to);
      if (done < to) this.#held = bytes.slice(done, to);
      return;
    }
    const known = new Uint8Array(this.#held.length + to - from);
    known.set(this.#held);
    known.set(bytes.subarray(from, to), this.#held.length);
    this.#held = known.slice(this.#decode(known, 0, known.length));
  }

  /** What is held has no character of two bytes or more in it: its first byte promises more bytes than there are. */
  end(): void {
    this.#endString();
  }

  /** Decodes characters, and returns where one begins that is not finished. */
  #decode(bytes: Uint8Array, from: number, to: number): number {
    const { longest } = this.#rules;
    const before = this.#at - from;
    let at = from;
    while (at < to) {
      const code = characterAt(bytes, at, to);
      if (code === UNFINISHED) break;
      if (code >= 0) {
        if (this.#characters++ < longest) this.#text += String.fromCodePoint(code);
        at += bytesOf(code);
        continue;
      }
      this.#at = before + at;
      this.#endString();
      at++;
      this.#start = before + at;
    }
    this.#at = before + at;
    return at;
  }

  #endString(): void {
    if (this.#characters >= this.#rules.minimum) {
      this.ended.push({ address: this.address, length: this.#at - this.#start, encoding: "utf-8", text: this.#text });
    }
    this.#characters = 0;
    this.#text = "";
  }
}

/** Bytes of a character in UTF-8. */
function bytesOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/** The character at a place of UTF-8; `UNFINISHED` where all bytes that are known may begin a character. */
function characterAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return first;
  if (first < 0xc2 || first > 0xf4) return NONE;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let code = first & (0x7f >> size);
  for (let i = at + 1; i < at + size; i++) {
    if (i >= end) return UNFINISHED;
    const next = bytes[i] ?? 0;
    if ((next & 0xc0) !== 0x80) return NONE;
    code = (code << 6) | (next & 0x3f);
  }
  const least = size === 2 ? 0xa0 : size === 3 ? 0x800 : 0x10000;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < least || code > 0x10ffff || isSurrogate ? NONE : code;
}
