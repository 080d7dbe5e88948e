/** Values on their way into bytes: where in a value a fault is, the buffer that grows, and text fields. */
import { MslError } from "../../errors.js";
import { isUint8Array } from "../../tags.js";

/** Where in a value something is that cannot be encoded, for messages such as `ModuleEntry.path is …`. */
export class EncodePath {
  readonly #text: string;

  /** `name`: of the block type or layout. */
  constructor(name: string) {
    this.#text = name;
  }

  field(name: string): EncodePath {
    return new EncodePath(`${this.#text}.${name}`);
  }

  entry(index: number): EncodePath {
    return new EncodePath(`${this.#text}[${index}]`);
  }

  /** A `bad-value` error that tells the value and what was expected. */
  refuse(value: unknown, expected: string): MslError {
    return new MslError("bad-value", `${this.#text} is ${shown(value)}, expected ${expected}`);
  }

  /** A `bad-value` error; `what` completes the sentence that begins with the place. */
  fault(what: string): MslError {
    return new MslError("bad-value", `${this.#text} ${what}`);
  }
}

const SHOWN_MOST = 60;

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > SHOWN_MOST ? `${value.slice(0, SHOWN_MOST)}…` : value);
  if (isUint8Array(value)) return `${value.length} bytes`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return `${String(value)}${typeof value === "bigint" ? "n" : ""}`;
}

const FIRST_CAPACITY = 256;

/** Integers are little-endian, as 1.1 has them. */
export class EncodeBuffer {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  uint(value: number, size: 1 | 2 | 4): void {
    const at = this.#reserve(size);
    if (size === 1) this.#view.setUint8(at, value);
    else if (size === 2) this.#view.setUint16(at, value, true);
    else this.#view.setUint32(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  zeros(size: number): void {
    this.#reserve(size);
  }

  /** The bytes encoded so far; a view that is valid until the next call. */
  view(from = 0): Uint8Array {
    return this.#bytes.subarray(from, this.#length);
  }

  /** The position of the next `size` bytes, which are zero. */
  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) this.#grow();
    return at;
  }

  #grow(): void {
    const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const utf8 = new TextEncoder();
// A surrogate without its partner; TextEncoder would replace it and report nothing.
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The text's UTF-8. Throws `bad-value` for what is no text, a lone surrogate, or a NUL. */
export function textBytes(value: unknown, path: EncodePath): Uint8Array {
  if (value === undefined) return new Uint8Array(0);
  if (typeof value !== "string") throw path.refuse(value, "text");
  const surrogate = LONE_SURROGATE.exec(value);
  if (surrogate) throw path.fault(`has a lone surrogate at character ${surrogate.index}: it has no UTF-8 form`);
  const nul = value.indexOf("\0");
  if (nul >= 0) throw path.fault(`has a NUL at character ${nul}: text ends at a NUL`);
  return utf8.encode(value);
}

/** The bytes that a length field counts: none for empty text, else the text and one NUL. */
export function terminatedBytes(value: unknown, path: EncodePath): Uint8Array {
  const text = textBytes(value, path);
  if (text.length === 0) return text;
  const terminated = new Uint8Array(text.length + 1);
  terminated.set(text);
  return terminated;
}
