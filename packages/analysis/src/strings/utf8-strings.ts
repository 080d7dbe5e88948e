/** The strings of a run of bytes that may be UTF-8. The bytes come in parts, and no more of them is held than a character has. */
import type { MemoryString } from "./strings.js";

interface Rules {
  readonly minimum: number;
  readonly longest: number;
}

/** A character that ends behind the bytes that are known. */
const UNFINISHED = -2;

export class Utf8Strings {
  readonly #rules: Rules;
  /** The address of the next byte that has not been looked at. */
  #at: bigint;
  #start: bigint;
  #characters = 0;
  #text = "";
  /** The first bytes of a character whose other bytes have not come. */
  #held: Uint8Array = new Uint8Array(0);

  /** `address`: of the first byte of the run. */
  constructor(address: bigint, rules: Rules) {
    this.#rules = rules;
    this.#at = address;
    this.#start = address;
  }

  /** No string that ends later begins before this address. */
  get address(): bigint {
    return this.#start;
  }

  /** The strings that end in the next bytes. Controls, and bytes that are no UTF-8, end a string. */
  *endedIn(bytes: Uint8Array): Generator<MemoryString, void, undefined> {
    const known = this.#held.length > 0 ? joined(this.#held, bytes) : bytes;
    const base = this.#at;
    let at = 0;
    while (at < known.length) {
      const [code, size] = characterAt(known, at);
      if (code === UNFINISHED) break;
      at += size;
      if (code >= 0) {
        if (this.#characters++ < this.#rules.longest) this.#text += String.fromCodePoint(code);
        continue;
      }
      yield* this.#string(base + BigInt(at - size));
      this.#start = base + BigInt(at);
    }
    this.#held = known.slice(at);
    this.#at = base + BigInt(at);
  }

  /** The string that the end of the run ends. */
  *end(): Generator<MemoryString, void, undefined> {
    // What is held has no character of two bytes or more in it: its first byte promises more bytes than there are.
    yield* this.#string(this.#at);
  }

  *#string(end: bigint): Generator<MemoryString, void, undefined> {
    if (this.#characters >= this.#rules.minimum) {
      yield { address: this.#start, length: Number(end - this.#start), encoding: "utf-8", text: this.#text };
    }
    this.#characters = 0;
    this.#text = "";
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/**
 * The character at a place of UTF-8 and its bytes; -1 and 1 where there is none, and for the controls from 0x80 to 0x9f; `UNFINISHED` and 1 where all
 * bytes that are known may begin a character.
 */
function characterAt(bytes: Uint8Array, at: number): readonly [code: number, size: number] {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return [first, 1];
  if (first < 0xc2 || first > 0xf4) return [-1, 1];
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let code = first & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i];
    if (next === undefined) return [UNFINISHED, 1];
    if ((next & 0xc0) !== 0x80) return [-1, 1];
    code = (code << 6) | (next & 0x3f);
  }
  const least = [0, 0, 0xa0, 0x800, 0x10000][size] ?? 0;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < least || code > 0x10ffff || isSurrogate ? [-1, 1] : [code, size];
}
