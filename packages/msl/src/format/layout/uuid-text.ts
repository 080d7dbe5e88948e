import { textEncoder } from "../../bytes.js";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Appending is fastest for texts up to the length of a hash. For longer ones V8 keeps an object for each step, 16 times as large as the two digits. */
const APPENDED_BYTES = 32;
const DIGITS = textEncoder().encode("0123456789abcdef");
const ascii = new TextDecoder();

/** Makes a text of the bytes from `start` to `end`. */
type SliceText = (this: Uint8Array, start: number, end: number) => string;

/**
 * A method of Node's Buffers, which takes two thirds of the time of a TextDecoder. Undefined in runtimes that do not have the method, or have one that
 * does not work for other byte arrays and for shared memory.
 */
export function bufferMethod(name: "latin1Slice" | "utf8Slice"): SliceText | undefined {
  const { Buffer, SharedArrayBuffer: Shared } = globalThis as RuntimeGlobals;
  const shared = Shared ? new Uint8Array(new Shared(DIGITS.length)) : DIGITS;
  shared.set(DIGITS);
  try {
    const method = Buffer?.prototype?.[name];
    return [DIGITS, shared].every((digits) => method?.call(digits, 9, 12) === "9ab") ? method : undefined;
  } catch {
    return undefined;
  }
}

interface RuntimeGlobals {
  readonly Buffer?: { readonly prototype?: Readonly<Record<string, SliceText>> };
  readonly SharedArrayBuffer?: new (length: number) => ArrayBufferLike;
}

const latin1Slice = bufferMethod("latin1Slice");

/** Bytes as lower-case hexadecimal. */
export function hexText(bytes: Uint8Array): string {
  if (bytes.length > APPENDED_BYTES) return longHexText(bytes);
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

function longHexText(bytes: Uint8Array): string {
  const text = new Uint8Array(2 * bytes.length);
  bytes.forEach((byte, i) => {
    text[2 * i] = DIGITS[byte >> 4] ?? 0;
    text[2 * i + 1] = DIGITS[byte & 15] ?? 0;
  });
  return ascii.decode(text);
}

const HYPHEN = 0x2d;
const CANONICAL_LENGTH = 36;
/** The two digits of each byte as character codes, the first one in the low 8 bits. */
const DIGIT_PAIRS = Uint16Array.from(HEX, (digits) => digits.charCodeAt(0) | (digits.charCodeAt(1) << 8));
/** Where `uuidText` puts the characters together. */
const canonical = new Uint8Array(CANONICAL_LENGTH).fill(HYPHEN);

/**
 * 16 bytes in RFC 9562 order, from `at` on, as canonical text. The text is decoded from its character codes: V8 keeps a text that is put together from
 * parts with all of its parts, which take 300 bytes, and `String.fromCharCode` of 36 codes takes twice as long.
 */
export function uuidText(bytes: Uint8Array, at = 0): string {
  putDigits(bytes[at], 0);
  putDigits(bytes[at + 1], 2);
  putDigits(bytes[at + 2], 4);
  putDigits(bytes[at + 3], 6);
  putDigits(bytes[at + 4], 9);
  putDigits(bytes[at + 5], 11);
  putDigits(bytes[at + 6], 14);
  putDigits(bytes[at + 7], 16);
  putDigits(bytes[at + 8], 19);
  putDigits(bytes[at + 9], 21);
  putDigits(bytes[at + 10], 24);
  putDigits(bytes[at + 11], 26);
  putDigits(bytes[at + 12], 28);
  putDigits(bytes[at + 13], 30);
  putDigits(bytes[at + 14], 32);
  putDigits(bytes[at + 15], 34);
  return latin1Slice ? latin1Slice.call(canonical, 0, CANONICAL_LENGTH) : ascii.decode(canonical);
}

function putDigits(byte: number | undefined, at: number): void {
  const pair = DIGIT_PAIRS[byte ?? 0] ?? 0;
  canonical[at] = pair & 0xff;
  canonical[at + 1] = pair >> 8;
}

export const UUID_BYTES = 16;
/** The positions of the digits of each byte in canonical text. */
const DIGITS_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
/** The value of a hexadecimal digit by its character code; 16 for all other characters. */
const DIGIT_VALUES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 16 : value;
});

/** The 16 bytes of a UUID written with or without hyphens; undefined for other text. */
export function uuidBytes(uuid: string): Uint8Array | undefined {
  const bytes = new Uint8Array(UUID_BYTES);
  return uuidBytesInto(uuid, bytes, 0) ? bytes : undefined;
}

/** The UUID that was read last, and its bytes: a writer asks several times for those of each block. Undefined if the bytes are of no UUID. */
let readText: string | undefined;
const readBytes = new Uint8Array(UUID_BYTES);

/** Writes the 16 bytes to `target` from `at` on. False for text that is no UUID; nothing is written then. */
export function uuidBytesInto(uuid: string, target: Uint8Array, at: number): boolean {
  if (!isRead(uuid)) return false;
  for (let i = 0; i < UUID_BYTES; i++) target[at + i] = readBytes[i] ?? 0;
  return true;
}

/** `uuidText` for a text whose bytes are going to be asked for: they are kept, so that the text is not read. */
export function uuidTextToRead(bytes: Uint8Array, at: number): string {
  const text = uuidText(bytes, at);
  for (let i = 0; i < UUID_BYTES; i++) readBytes[i] = bytes[at + i] ?? 0;
  readText = text;
  return text;
}

/** Whether the text is a UUID of version 4 and variant 10 (RFC 9562) with hyphens. */
export function isUuidV4(uuid: string): boolean {
  return isCanonicalForm(uuid) && isRead(uuid) && areUuidV4(readBytes, 0);
}

/** Whether the 16 bytes from `at` on are a UUID of version 4 and variant 10 (RFC 9562). */
export function areUuidV4(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 6] ?? 0) >> 4 === 4 && (bytes[at + 8] ?? 0) >> 6 === 2;
}

/** Reads the text to `readBytes`. False for text that is no UUID. */
function isRead(uuid: string): boolean {
  // Callers without types pass undefined as well, which is no text that was read.
  if (uuid === readText && readText !== undefined) return true;
  readText = undefined;
  const text = isCanonicalForm(uuid) ? uuid : canonicalForm(uuid);
  if (text === undefined) return false;
  let seen = 0;
  for (let i = 0; i < DIGITS_AT.length; i++) {
    const digit = DIGITS_AT[i] ?? 0;
    const high = DIGIT_VALUES[text.charCodeAt(digit)] ?? 16;
    const low = DIGIT_VALUES[text.charCodeAt(digit + 1)] ?? 16;
    seen |= high | low;
    readBytes[i] = (high << 4) | low;
  }
  if (seen < 16) readText = uuid;
  return seen < 16;
}

function isCanonicalForm(uuid: string): boolean {
  if (uuid.length !== CANONICAL_LENGTH) return false;
  // Written out: a loop over the positions takes as long as the rest of reading a UUID.
  if (uuid.charCodeAt(8) !== HYPHEN || uuid.charCodeAt(13) !== HYPHEN) return false;
  return uuid.charCodeAt(18) === HYPHEN && uuid.charCodeAt(23) === HYPHEN;
}

/** Text of 32 characters, hyphens not counted, with the hyphens of canonical text; undefined for other text. */
function canonicalForm(uuid: string): string | undefined {
  const digits = uuid.replaceAll("-", "");
  if (digits.length !== 2 * UUID_BYTES) return undefined;
  const groups = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return groups.join("-");
}

/** "No parent"; legal in ParentUUID only. */
export const NIL_UUID = uuidText(new Uint8Array(16));
