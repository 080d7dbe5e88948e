/** Parts of encoding: the place of a fault inside a value, the buffer that grows, and text fields. */
import { ByteViews } from "../../bytes.js";
import { MslError } from "../../errors.js";
import { isUint8Array } from "../../tags.js";
import { type CodeTable, codeNumber } from "../codes.js";
import { U64_MOST } from "./fields.js";
import { UUID_BYTES, uuidBytesInto } from "./uuid-text.js";

/**
 * The place, inside a value, of a part that cannot be encoded, for messages such as `ModuleEntry.path is …`. A path is made once for each field of a
 * table; the positions of list entries on the way are given with the refusal.
 */
export class EncodePath {
  /** The path as text, with `[]` in place of the position of each entry. */
  readonly #text: string;
  /** The number of lists in the path. */
  readonly lists: number;

  /** `name`: of the block type or layout. */
  constructor(name: string, lists = 0) {
    this.#text = name;
    this.lists = lists;
  }

  field(name: string): EncodePath {
    return new EncodePath(`${this.#text}.${name}`, this.lists);
  }

  /** An entry of the list at this path. */
  entry(): EncodePath {
    return new EncodePath(`${this.#text}[]`, this.lists + 1);
  }

  /** The number of a code that is given as its number or as its registered name. Throws `bad-value`, which lists the registered names. */
  codeNumber(table: CodeTable, given: unknown, positions: readonly number[] = []): number {
    const number = typeof given === "string" ? codeNumber(table, given) : given;
    const most = 2 ** (8 * table.width) - 1;
    if (isCount(number, most)) return number;
    const names = Object.values(table.names).map((name) => JSON.stringify(name));
    throw this.refuse(given, `an integer from 0 to ${most} or a registered name: ${names.join(", ")}`, positions);
  }

  /** A `bad-value` error with the value and the expectation. `positions`: the position of the entry in each list of the path. */
  refuse(value: unknown, expected: string, positions: readonly number[] = []): MslError {
    return new MslError("bad-value", `${this.#at(positions)} is ${shown(value)}, expected ${expected}`);
  }

  /** A `bad-value` error; `what` completes the sentence that begins with the place. */
  fault(what: string, positions: readonly number[] = []): MslError {
    return new MslError("bad-value", `${this.#at(positions)} ${what}`);
  }

  #at(positions: readonly number[]): string {
    let list = 0;
    return this.#text.replaceAll("[]", () => `[${positions[list++]}]`);
  }
}

/** Whether `value` is an integer from 0 to `most`. */
export function isCount(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

const SHOWN_MOST = 60;

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > SHOWN_MOST ? `${value.slice(0, SHOWN_MOST)}…` : value);
  if (isUint8Array(value)) return `${value.length} bytes`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return `${String(value)}${typeof value === "bigint" ? "n" : ""}`;
}

const FIRST_CAPACITY = 1024;
/** A buffer that grew above this size is not kept. */
const KEPT_CAPACITY = 64 * 1024;
const FIRST_NOT_ASCII = 0x80;
/** The length of the longest text or blob that is ordinary: it fits a length field of 2 bytes with its NUL. */
const ORDINARY_MOST = 0xff;
/** A call that fills or copies takes longer than a loop over this many bytes. */
const WRITTEN_ONE_BY_ONE = 16;

/** Bytes of the longest character in UTF-8. */
const UTF8_CHARACTER_MOST = 4;

/** Writes as many whole characters as `length` bytes hold, as UTF-8; returns their bytes. */
type WriteText = (this: Uint8Array, text: string, at: number, length: number) => number;

/** A method of Node's Buffers, which takes half of the time of a loop over the characters. Undefined where there is none, or none for other arrays. */
const utf8Write = bufferWriter();

function bufferWriter(): WriteText | undefined {
  const { Buffer } = globalThis as { readonly Buffer?: { readonly prototype?: { readonly utf8Write?: WriteText } } };
  const bytes = new Uint8Array(UTF8_CHARACTER_MOST);
  try {
    const method = Buffer?.prototype?.utf8Write;
    return method?.call(bytes, "aé€", 1, 3) === 3 && bytes.join() === "0,97,195,169" ? method : undefined;
  } catch {
    return undefined;
  }
}

/** Integers are little-endian, as 1.1 has them. */
export class EncodeBuffer {
  /** Positions of the entries that are being encoded, for each list on the way: the place of a value that is refused. */
  readonly positions: number[] = [];
  /** Offsets of the length fields whose text or blob has not been encoded yet. */
  readonly lengthsAt: number[] = [];
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #view = new DataView(this.#bytes.buffer);
  #views = new ByteViews(this.#bytes);
  #length = 0;

  /** Number of bytes encoded so far. */
  get length(): number {
    return this.#length;
  }

  uint(value: number, size: 1 | 2 | 4): void {
    this.uintAt(this.#reserve(size), value, size);
  }

  /** Replaces an integer. */
  uintAt(at: number, value: number, size: 1 | 2 | 4): void {
    if (size === 1) this.#view.setUint8(at, value);
    else if (size === 2) this.#view.setUint16(at, value, true);
    else this.#view.setUint32(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
  }

  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    const at = this.#reserve(length);
    if (length > WRITTEN_ONE_BY_ONE) this.#bytes.set(bytes, at);
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[i] ?? 0;
  }

  zeros(size: number): void {
    const at = this.#reserve(size);
    if (size > WRITTEN_ONE_BY_ONE) this.#bytes.fill(0, at, at + size);
    else for (let i = 0; i < size; i++) this.#bytes[at + i] = 0;
  }

  /** A `bigint` from 0 to 2^64 - 1; false for another value. */
  ordinaryU64(value: unknown): boolean {
    if (typeof value !== "bigint" || value < 0n || value > U64_MOST) return false;
    this.u64(value);
    return true;
  }

  /** `size` bytes, which are zeros where the value is missing; false for another value. */
  ordinaryBytes(value: unknown, size: number): boolean {
    if (value === undefined || value === null) this.zeros(size);
    else if (value instanceof Uint8Array && value.length === size) this.bytes(value);
    else return false;
    return true;
  }

  /** A text of ASCII characters with NUL and padding, and its length at `lengthAt`; false for another value. */
  ordinaryText(value: unknown, lengthAt: number, size: 1 | 2 | 4): boolean {
    const text = value ?? "";
    if (typeof text !== "string" || text.length > ORDINARY_MOST || !this.#isAppended(text)) return false;
    const { length } = text;
    if (length === 0) return true;
    this.uintAt(lengthAt, length + 1, size);
    this.zeros(1 + (~length & 7));
    return true;
  }

  /** Bytes with their padding, and their length at `lengthAt`; false for another value. */
  ordinaryBlob(value: unknown, lengthAt: number, size: 1 | 2 | 4): boolean {
    if (value === undefined || value === null) return true;
    if (!(value instanceof Uint8Array) || value.length > ORDINARY_MOST) return false;
    const { length } = value;
    this.bytes(value);
    this.uintAt(lengthAt, length, size);
    this.zeros(-length & 7);
    return true;
  }

  /** The text's UTF-8. Throws `bad-value` for a lone surrogate or a NUL. */
  text(text: string, path: EncodePath): void {
    if (!this.#isAppended(text)) this.bytes(textBytes(text, path, this.positions));
  }

  /** Appends text of ASCII characters but NUL; false for other text, of which nothing is appended. */
  #isAppended(text: string): boolean {
    const { length } = text;
    if (utf8Write && length > WRITTEN_ONE_BY_ONE) return this.#ascii(utf8Write, text);
    const at = this.#reserve(length);
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0 || code >= FIRST_NOT_ASCII) {
        this.#length = at;
        return false;
      }
      bytes[at + i] = code;
    }
    return true;
  }

  /** `#isAppended` for a long text. */
  #ascii(write: WriteText, text: string): boolean {
    const { length } = text;
    const at = this.#reserve(length + UTF8_CHARACTER_MOST);
    // Text takes as many bytes as it has characters if it is ASCII, and only then. There is room for one byte more, whatever character it belongs to.
    const isAscii = write.call(this.#bytes, text, at, length + UTF8_CHARACTER_MOST) === length && !text.includes("\0");
    this.#length = isAscii ? at + length : at;
    return isAscii;
  }

  /** The 16 bytes of a UUID; false for a text that is no UUID. */
  uuid(text: string): boolean {
    const at = this.#reserve(UUID_BYTES);
    return uuidBytesInto(text, this.#bytes, at);
  }

  /** The bytes encoded so far; a view that is valid until the next call. */
  view(from = 0): Uint8Array {
    return this.#views.view(from, this.#length);
  }

  /** Makes the buffer empty. False if it has grown too large to be kept. */
  reset(): boolean {
    this.#length = 0;
    return this.#bytes.length <= KEPT_CAPACITY;
  }

  /** The position of the next `size` bytes, which may hold anything. */
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
    this.#views = new ByteViews(grown);
  }
}

const utf8 = new TextEncoder();
// A surrogate without its partner; TextEncoder would replace it and report nothing.
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function textBytes(text: string, path: EncodePath, positions: readonly number[]): Uint8Array {
  const surrogate = LONE_SURROGATE.exec(text);
  if (surrogate) throw path.fault(`has a lone surrogate at character ${surrogate.index}: it has no UTF-8 form`, positions);
  const nul = text.indexOf("\0");
  if (nul >= 0) throw path.fault(`has a NUL at character ${nul}: text ends at a NUL`, positions);
  return utf8.encode(text);
}
