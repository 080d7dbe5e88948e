/** Texts in bytes that are being decoded: where they end, whether they are UTF-8, and how they become strings that take little memory. */

import { isZero, ownBytes, viewOf } from "../../bytes.js";
import { type Cursor, isZeroBetween, takeStored } from "./cursor.js";
import { bufferMethod } from "./uuid-text.js";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Longest text that is put together here: V8 copies parts of up to 12 characters into one string, and keeps longer ones as a tree of their parts. */
const COMPOSED_MOST = 12;

const utf8Slice = bufferMethod("utf8Slice");
/** Longest text that `utf8Slice` makes: runtimes throw errors of their own for a text that is too long for a string. */
const SLICED_MOST = 65_536;

/** Longest text that is copied before a TextDecoder decodes it: making a view of the bytes of a text takes longer than copying them. */
const COPIED_MOST = 96;
/** The copy, and a view of its start for each length. */
const copy = new Uint8Array(COPIED_MOST);
const copies = Array.from({ length: COPIED_MOST + 1 }, (_, length) => copy.subarray(0, length));

/**
 * A text of `length` bytes, padded to 8: bytes up to the first NUL. A missing NUL, bytes behind it, and padding that is cut or not zero are reported;
 * ill-formed UTF-8 becomes U+FFFD, and is reported with its bytes.
 */
export function paddedText(name: string, length: number, cursor: Cursor): string {
  const { at } = cursor;
  const text = plainText(cursor.bytes, at, length, cursor.end);
  if (text === undefined) return oddText(name, length, cursor);
  cursor.at = at + paddedLength(length);
  return text;
}

/** The bytes that `length` bytes take with their padding to a multiple of 8. */
export function paddedLength(length: number): number {
  return length + (-length & 7);
}

/** The text of `length` bytes from `at` on with their padding, which end at `end` at the latest; undefined if there is anything to report about it. */
export function plainText(bytes: Uint8Array, at: number, length: number, end: number): string | undefined {
  if (length === 0) return "";
  const next = at + paddedLength(length);
  const nul = at + length - 1;
  if (next > end || !isZeroBetween(bytes, nul, next)) return undefined;
  return quickText(bytes, at, nul) ?? textWithoutNul(bytes, at, nul);
}

/** `paddedText` for a text that may have deviations to report. */
function oddText(name: string, length: number, cursor: Cursor): string {
  const { at } = cursor;
  const stored = takeStored(name, length, true, cursor);
  const nul = stored.indexOf(0);
  reportNul(stored, nul, at, name, cursor);
  return utf8(at, at + (nul < 0 ? length : nul), name, cursor);
}

/** A text of `length` bytes, or up to the first NUL in them; neither padding nor a NUL is expected. */
export function packedText(name: string, length: number, cursor: Cursor): string {
  const at = cursor.advance(length, name);
  const text = quickText(cursor.bytes, at, at + length);
  if (text !== undefined) return text;
  const nul = cursor.view(at, at + length).indexOf(0);
  return utf8(at, at + (nul < 0 ? length : nul), name, cursor);
}

/** u16 byte count and text; memslicer counts no NUL, MemDiver counts one. */
export function tightText(name: string, cursor: Cursor): string {
  const length = cursor.uint(2, name);
  const at = cursor.advance(length, name);
  const { bytes } = cursor;
  const end = at + length - (length > 0 && bytes[at + length - 1] === 0 ? 1 : 0);
  const text = quickText(bytes, at, end);
  if (text !== undefined) return text;
  const nul = cursor.view(at, end).indexOf(0);
  if (nul >= 0) reportEarlyNul(length, nul, at, name, cursor);
  return utf8(at, nul < 0 ? end : at + nul, name, cursor);
}

/**
 * The text of the bytes from `start` to `end`, by the quickest way that the runtime has. Undefined if there may be a NUL or ill-formed UTF-8 in them, and
 * for a text that is too long for this way.
 */
function quickText(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start;
  if (length <= COMPOSED_MOST) return composed(bytes, start, end);
  if (!utf8Slice) return asciiText(bytes, start, length);
  if (length > SLICED_MOST) return undefined;
  const text = utf8Slice.call(bytes, start, end);
  // Ill-formed UTF-8 leaves U+FFFD, which the bytes may have as well.
  return text.indexOf("\0") < 0 && text.indexOf("\ufffd") < 0 ? text : undefined;
}

/** A text of medium length; undefined if it is longer, or one of its bytes is a NUL or no ASCII. */
function asciiText(bytes: Uint8Array, start: number, length: number): string | undefined {
  const view = copies[length];
  if (view === undefined) return undefined;
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] ?? 0;
    seen |= byte | (byte - 1);
    copy[i] = byte;
  }
  return isAscii(seen) ? strictUtf8.decode(view) : undefined;
}

/**
 * The text of a few bytes, which takes a fifth of the time of a TextDecoder; undefined if one of them is a NUL or no ASCII. Four characters at once, since
 * each part that is appended makes a new string.
 */
function composed(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const a = bytes[i] ?? 0;
    const b = bytes[i + 1] ?? 0;
    const c = bytes[i + 2] ?? 0;
    const d = bytes[i + 3] ?? 0;
    if (!isAscii(a | b | c | d | (a - 1) | (b - 1) | (c - 1) | (d - 1))) return undefined;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (!isAscii(byte | (byte - 1))) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** `seen`: the bits of all bytes, and of each byte less 1, which is negative for a NUL. */
function isAscii(seen: number): boolean {
  return (seen & ~0x7f) === 0;
}

function reportNul(stored: Uint8Array, nul: number, at: number, field: string, cursor: Cursor): void {
  const length = stored.length;
  if (nul === length - 1) return;
  if (nul < 0) {
    cursor.reporter.add({ id: "STR-NUL", message: `${field} has no NUL in its ${length} bytes`, offset: at, field });
  } else if (length % 8 === 0 && isZero(stored.subarray(nul))) {
    const message = `The length of ${field}, ${length}, counts its padding`;
    cursor.reporter.add({ id: "STR-PADDEDLEN", message, offset: at, field, values: [length, nul + 1] });
  } else {
    reportEarlyNul(length, nul, at, field, cursor);
  }
}

function reportEarlyNul(length: number, nul: number, at: number, field: string, { reporter }: Cursor): void {
  const message = `${field} of ${length} bytes has a NUL at byte ${nul}, before its end`;
  reporter.add({ id: "STR-NUL", message, offset: at, field, values: [nul, length] });
}

/** The text from `start` to `end`. */
function utf8(start: number, end: number, field: string, cursor: Cursor): string {
  const text = wellFormed(cursor.bytes, start, end);
  if (text !== undefined) return text;
  const bytes = decodable(cursor.bytes, start, end);
  cursor.reporter.add({ id: "STR-UTF8", message: `${field} is not well-formed UTF-8`, offset: start, field, bytes });
  return lenientUtf8.decode(bytes);
}

/** Undefined for ill-formed UTF-8, and for a text with a NUL. */
function textWithoutNul(bytes: Uint8Array, start: number, end: number): string | undefined {
  const text = wellFormed(bytes, start, end);
  return text?.includes("\0") ? undefined : text;
}

/** Undefined for ill-formed UTF-8. */
function wellFormed(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strictUtf8.decode(decodable(bytes, start, end));
  } catch {
    return undefined;
  }
}

/**
 * The bytes from `start` to `end` for a TextDecoder: a copy of bytes in shared memory, which browsers refuse to decode. The test is for ArrayBuffer,
 * because pages that are not isolated have shared memory but no global SharedArrayBuffer.
 */
function decodable(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const view = viewOf(bytes, start, end);
  return view.buffer instanceof ArrayBuffer ? view : ownBytes(view);
}
