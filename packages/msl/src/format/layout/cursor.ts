/** A position in bytes that are being decoded; reads integers, bytes, reserved bytes and padding there. The end is checked before every read. */

import { isZero, viewOf } from "../../bytes.js";
import type { LintId } from "../../deviations/catalogue.js";
import type { DeviationValues, Reporter } from "../../deviations/deviation.js";
import { hexText } from "./uuid-text.js";

/** Thrown where a payload cannot be decoded further; it becomes the `Problem` of the block. */
export class PayloadProblem extends Error {
  override readonly name = "PayloadProblem";
  readonly id: LintId;
  /** Bytes from the start of the payload. */
  readonly at: number;
  readonly field: string;
  readonly values: DeviationValues;

  constructor(id: LintId, at: number, field: string, message: string, values: DeviationValues) {
    super(message);
    this.id = id;
    this.at = at;
    this.field = field;
    this.values = values;
  }
}

/** A function that is given entries of a list, in their order; the list does not keep these entries. */
export type TakeEntries = (entries: readonly Readonly<Record<string, unknown>>[]) => void;

/** 8 bytes that become a bigint, in the byte order of the machine: engines call a function for `getBigUint64` of a DataView, but not for this array. */
const word = new BigUint64Array(1);
const halves = new Uint32Array(word.buffer);
/** Which of the halves is the lower one. */
const LOW_HALF = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

const NO_BYTES = new Uint8Array(0);
const NO_REPORTER: Reporter = { add: () => {} };

/** A cursor of each decoding that is under way, and one to spare: making a cursor for each payload takes as long as decoding a text. */
let spare: Cursor | undefined;

export class Cursor {
  bytes: Uint8Array = NO_BYTES;
  littleEndian = true;
  /** Most entries that a list may have: an entry takes a few bytes in the file, and an object when it is decoded. */
  entryLimit = 0;
  reporter = NO_REPORTER;
  /** The lengths of texts and blobs that follow, in the places that the decoder of the table gives them. */
  readonly lengths = [0, 0, 0, 0, 0, 0];
  /** Takes entries of a long list before the list is complete. */
  takeEntries: TakeEntries | undefined;
  /** Offset of the next byte from the start of the payload. */
  at = 0;
  /** Where reading must stop: the end of the payload, or of the entry or row that is being decoded. */
  end = 0;

  /** A cursor at the start of `bytes`. It belongs to the caller until `release`. */
  static over(bytes: Uint8Array, littleEndian: boolean, entryLimit: number, reporter: Reporter): Cursor {
    const cursor = spare ?? new Cursor();
    spare = undefined;
    cursor.bytes = bytes;
    cursor.at = 0;
    cursor.end = bytes.length;
    cursor.littleEndian = littleEndian;
    cursor.entryLimit = entryLimit;
    cursor.reporter = reporter;
    return cursor;
  }

  /** Ends the use of the cursor, and lets go of bytes and reporter. */
  release(): void {
    this.bytes = NO_BYTES;
    this.reporter = NO_REPORTER;
    this.takeEntries = undefined;
    spare = this;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** The bytes that are left; a view. */
  get rest(): Uint8Array {
    return this.bytes.subarray(this.at, this.end);
  }

  /** Passes over the next `size` bytes, and returns their position. */
  advance(size: number, field: string): number {
    const at = this.at;
    if (size > this.end - at) throw overrun(size, this, field);
    this.at = at + size;
    return at;
  }

  uint(size: 1 | 2 | 4, field: string): number {
    const at = this.advance(size, field);
    if (size === 1) return this.bytes[at] ?? 0;
    return size === 2 ? this.#u16(at) : this.#u32(at);
  }

  u64(field: string): bigint {
    const at = this.advance(8, field);
    const [first, second] = [this.#u32(at), this.#u32(at + 4)];
    return this.littleEndian ? u64Of(first, second) : u64Of(second, first);
  }

  /** A view, not a copy. */
  take(size: number, field: string): Uint8Array {
    const at = this.advance(size, field);
    return this.view(at, at + size);
  }

  /** The bytes from `start` to `end`, which have been checked to be there; a view. */
  view(start: number, end: number): Uint8Array {
    return viewOf(this.bytes, start, end);
  }

  #u16(at: number): number {
    const first = this.bytes[at] ?? 0;
    const second = this.bytes[at + 1] ?? 0;
    return this.littleEndian ? first | (second << 8) : second | (first << 8);
  }

  #u32(at: number): number {
    const { bytes } = this;
    const a = bytes[at] ?? 0;
    const b = bytes[at + 1] ?? 0;
    const c = bytes[at + 2] ?? 0;
    const d = bytes[at + 3] ?? 0;
    return (this.littleEndian ? a | (b << 8) | (c << 16) | (d << 24) : d | (c << 8) | (b << 16) | (a << 24)) >>> 0;
  }
}

function overrun(size: number, { at, remaining }: Cursor, field: string): PayloadProblem {
  const message = `${field} at payload offset ${at} needs ${size} bytes, but only ${remaining} are left`;
  return new PayloadProblem("STR-OVERRUN", at, field, message, [remaining, size]);
}

/** The integers at `at`, little-endian; 0 in place of bytes that are not there. */
export function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

export function u32At(bytes: Uint8Array, at: number): number {
  return (u16At(bytes, at) | (u16At(bytes, at + 2) << 16)) >>> 0;
}

export function u64At(bytes: Uint8Array, at: number): bigint {
  return u64Of(u32At(bytes, at), u32At(bytes, at + 4));
}

function u64Of(low: number, high: number): bigint {
  halves[LOW_HALF] = low;
  halves[1 - LOW_HALF] = high;
  return word[0] ?? 0n;
}

/** Whether the bytes from `start` to `end` are zero. */
export function isZeroBetween(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Passes over reserved bytes; bytes that are not zero are reported and ignored. */
export function skipReserved(size: number, cursor: Cursor): void {
  const at = cursor.advance(size, "reserved");
  if (isZeroBetween(cursor.bytes, at, at + size)) return;
  cursor.reporter.add({
    id: "PAY-RESERVED",
    message: `${size} reserved bytes at payload offset ${at} are not zero`,
    offset: at,
    field: "reserved",
    values: [hexText(cursor.view(at, at + size))],
  });
}

/** Takes `length` bytes and, if `padded`, the zeros up to the next multiple of 8. Padding that the end of the payload cuts off is reported. */
export function takeStored(name: string, length: number, padded: boolean, cursor: Cursor): Uint8Array {
  const stored = cursor.take(length, name);
  const wanted = (8 - (length % 8)) % 8;
  if (!padded || wanted === 0) return stored;
  const there = Math.min(wanted, cursor.remaining);
  const at = cursor.advance(there, name);
  if (there < wanted) reportPadding(name, at, `is cut to ${there} of ${wanted} bytes`, there, cursor);
  else if (!isZeroBetween(cursor.bytes, at, at + there)) reportPadding(name, at, "is not zero", there, cursor);
  return stored;
}

/** Takes `size` bytes, and returns the first `length` of them. A length above `size` is reported, and all bytes are returned. */
export function takeSlot(name: string, length: number, size: number, cursor: Cursor): Uint8Array {
  const at = cursor.at;
  const place = cursor.take(size, name);
  if (length > size) {
    cursor.reporter.add({
      id: "STR-OVERRUN",
      message: `${name} at payload offset ${at} has ${length} bytes in a place of ${size}`,
      offset: at,
      field: name,
      values: [length, size],
    });
  } else if (!isZero(place.subarray(length))) {
    reportPadding(name, at + length, "is not zero", size - length, cursor);
  }
  return place.subarray(0, length);
}

function reportPadding(name: string, at: number, what: string, size: number, cursor: Cursor): void {
  const message = `The padding after ${name} at payload offset ${at} ${what}`;
  cursor.reporter.add({ id: "STR-PAD", message, offset: at, field: name, values: [hexText(cursor.view(at, at + size))] });
}
