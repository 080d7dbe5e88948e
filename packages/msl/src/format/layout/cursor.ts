/**
 * A position in bytes that are being decoded, and what is read there: integers, reserved and padded bytes, texts. Every read is checked against the
 * end first.
 */

import { isZero, ownBytes } from "../../bytes.js";
import type { LintId } from "../../deviations/catalogue.js";
import type { Report } from "../../deviations/deviation.js";

/** Thrown where a payload cannot be decoded further; it becomes the `Problem` of the block. */
export class PayloadProblem extends Error {
  override readonly name = "PayloadProblem";
  readonly id: LintId;
  /** Bytes from the start of the payload. */
  readonly at: number;
  readonly field: string;

  constructor(id: LintId, at: number, field: string, message: string) {
    super(message);
    this.id = id;
    this.at = at;
    this.field = field;
  }
}

export interface CursorRules {
  readonly littleEndian: boolean;
  /** Most entries that a list may have: an entry takes a few bytes in the file, and an object when it is decoded. */
  readonly entryLimit: number;
}

export class Cursor {
  readonly bytes: Uint8Array;
  readonly rules: CursorRules;
  /** Where reading must stop: the end of the payload, or of a part of it. */
  readonly end: number;
  readonly #view: DataView;
  /** Offset of the next byte from the start of the payload, also in a cursor over a part of it. */
  at: number;

  constructor(bytes: Uint8Array, rules: CursorRules, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.rules = rules;
    this.at = at;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** The bytes that are left; a view. */
  get rest(): Uint8Array {
    return this.bytes.subarray(this.at, this.end);
  }

  uint(size: 1 | 2 | 4, field: string): number {
    const at = this.#advance(size, field);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at, this.rules.littleEndian) : this.#view.getUint32(at, this.rules.littleEndian);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#advance(8, field), this.rules.littleEndian);
  }

  /** A view, not a copy. */
  take(size: number, field: string): Uint8Array {
    const at = this.#advance(size, field);
    return this.bytes.subarray(at, at + size);
  }

  /** A cursor over the next `size` bytes; this cursor passes over them. */
  part(size: number, field: string): Cursor {
    const at = this.#advance(size, field);
    return new Cursor(this.bytes, this.rules, at, at + size);
  }

  /** The position of the next `size` bytes, which are passed over. */
  #advance(size: number, field: string): number {
    if (size > this.remaining) {
      throw new PayloadProblem(
        "STR-OVERRUN",
        this.at,
        field,
        `${field} at payload offset ${this.at} needs ${size} bytes, but only ${this.remaining} are left`,
      );
    }
    const at = this.at;
    this.at += size;
    return at;
  }
}

/** Passes over reserved bytes; what is not zero is reported and ignored. */
export function skipReserved(size: number, cursor: Cursor, report: Report): void {
  const at = cursor.at;
  if (isZero(cursor.take(size, "reserved"))) return;
  report({
    id: "PAY-RESERVED",
    message: `${size} reserved bytes at payload offset ${at} are not zero`,
    offset: at,
    field: "reserved",
  });
}

/** Takes `length` bytes and, if `padded`, the zeros up to the next multiple of 8. Padding that the end of the payload cuts off is reported. */
export function takeStored(name: string, length: number, padded: boolean, cursor: Cursor, report: Report): Uint8Array {
  const stored = cursor.take(length, name);
  if (!padded) return stored;
  const at = cursor.at;
  const wanted = (8 - (length % 8)) % 8;
  const padding = cursor.take(Math.min(wanted, cursor.remaining), name);
  if (padding.length < wanted) reportPadding(name, at, `is cut to ${padding.length} of ${wanted} bytes`, report);
  else if (!isZero(padding)) reportPadding(name, at, "is not zero", report);
  return stored;
}

/** Takes `size` bytes, and returns the first `length` of them. A length above `size` is reported, and all bytes are returned. */
export function takeSlot(name: string, length: number, size: number, cursor: Cursor, report: Report): Uint8Array {
  const at = cursor.at;
  const place = cursor.take(size, name);
  if (length > size) {
    report({
      id: "STR-OVERRUN",
      message: `${name} at payload offset ${at} has ${length} bytes in a place of ${size}`,
      offset: at,
      field: name,
    });
  } else if (!isZero(place.subarray(length))) {
    reportPadding(name, at + length, "is not zero", report);
  }
  return place.subarray(0, length);
}

function reportPadding(name: string, at: number, what: string, report: Report): void {
  report({ id: "STR-PAD", message: `The padding after ${name} at payload offset ${at} ${what}`, offset: at, field: name });
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The value of a text field: bytes up to the first NUL inside `stored`; ill-formed UTF-8 becomes U+FFFD and is reported with its bytes. */
export function storedText(stored: Uint8Array, terminated: boolean, at: number, field: string, report: Report): string {
  if (stored.length === 0) return "";
  const nul = stored.indexOf(0);
  if (terminated) reportNul(stored, nul, at, field, report);
  return utf8(nul < 0 ? stored : stored.subarray(0, nul), at, field, report);
}

/** u16 byte count and text; memslicer counts no NUL, MemDiver counts one. */
export function tightTextValue(cursor: Cursor, field: string, report: Report): string {
  const length = cursor.uint(2, field);
  const at = cursor.at;
  const stored = cursor.take(length, field);
  const text = stored.at(-1) === 0 ? stored.subarray(0, -1) : stored;
  const nul = text.indexOf(0);
  if (nul >= 0)
    report({ id: "STR-NUL", message: `${field} of ${length} bytes has a NUL at byte ${nul}, before its end`, offset: at, field });
  return utf8(nul < 0 ? text : text.subarray(0, nul), at, field, report);
}

function reportNul(stored: Uint8Array, nul: number, at: number, field: string, report: Report): void {
  const length = stored.length;
  if (nul === length - 1) return;
  if (nul < 0) {
    report({ id: "STR-NUL", message: `${field} has no NUL in its ${length} bytes`, offset: at, field });
  } else if (length % 8 === 0 && isZero(stored.subarray(nul))) {
    report({ id: "STR-PADDEDLEN", message: `The length of ${field}, ${length}, counts its padding`, offset: at, field });
  } else {
    report({ id: "STR-NUL", message: `${field} of ${length} bytes has a NUL at byte ${nul}, before its end`, offset: at, field });
  }
}

function utf8(bytes: Uint8Array, at: number, field: string, report: Report): string {
  // Browsers refuse to decode views of shared memory. Pages that are not isolated have shared memory, but no global SharedArrayBuffer to test for.
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : ownBytes(bytes);
  try {
    return strictUtf8.decode(own);
  } catch {
    report({ id: "STR-UTF8", message: `${field} is not well-formed UTF-8`, offset: at, field, bytes: own });
    return lenientUtf8.decode(own);
  }
}
