/** What can be searched for: bytes with masks. */
// Not from the main entry: workers use this module, and Vite bundles no worker whose modules load others on demand.
import { flag, MslError, oneOf, requireOptions, tableOf, text } from "@memslice/msl/work";

/** Characters of the name of a pattern in a message. */
const SHOWN_NAME = 40;

/** The name of a pattern, for messages. */
export function shownName(name: string): string {
  return JSON.stringify(name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name);
}

/**
 * A pattern matches where `(byte & masks[i]) === (values[i] & masks[i])` for each of its bytes: bits of a value outside of its mask mean nothing, as digits
 * behind a wildcard do.
 */
export interface BytePattern {
  /** How the pattern is named in matches. */
  readonly name: string;
  readonly values: Uint8Array;
  readonly masks: Uint8Array;
}

/**
 * A pattern in hex, such as `48 8b ?? 0?`: two digits for each byte, `?` for a digit that may be any, spaces where they help. Throws `usage` for other
 * characters, a half byte, and a pattern in which every digit may be any.
 */
export function hexPattern(text: string, name = text): BytePattern {
  const digits = text.replace(/\s+/g, "");
  const wrong = /[^0-9a-f?]/i.exec(digits)?.[0];
  if (wrong !== undefined) {
    throw new MslError("usage", `The pattern has the character ${JSON.stringify(wrong)}, expected hex digits, "?" and spaces`);
  }
  if (digits.length === 0 || digits.length % 2 === 1) {
    throw new MslError("usage", `The pattern has ${digits.length} hex digits, expected two for each byte`);
  }
  const values = new Uint8Array(digits.length / 2);
  const masks = new Uint8Array(digits.length / 2);
  for (let i = 0; i < digits.length; i++) {
    const shift = i % 2 === 0 ? 4 : 0;
    const digit = digits.charAt(i);
    if (digit === "?") continue;
    values[i >> 1] = (values[i >> 1] ?? 0) | (Number.parseInt(digit, 16) << shift);
    masks[i >> 1] = (masks[i >> 1] ?? 0) | (0xf << shift);
  }
  if (masks.every((mask) => mask === 0))
    throw new MslError("usage", "The pattern matches any bytes: give at least one hex digit");
  return { name, values, masks };
}

/** How text is laid out in memory. */
export type TextEncodingName = "utf-8" | "utf-16le" | "utf-16be";

/** Options of `textPattern`. */
export interface TextPatternOptions {
  /** Default utf-8. */
  readonly encoding?: TextEncodingName;
  /** Whether letters of ASCII match in upper and lower case. Default false. */
  readonly ignoreCase?: boolean;
  readonly name?: string;
}

/** The encodings of texts. */
export const ENCODING = oneOf(["utf-8", "utf-16le", "utf-16be"] as const);

export const TEXT_PATTERN = tableOf<TextPatternOptions>("textPattern")({ encoding: ENCODING, ignoreCase: flag, name: text });

/** A pattern for text. Throws `usage` for wrong options, for a text without characters, and for a half of a surrogate pair, which no encoding has bytes for. */
export function textPattern(text: string, options: TextPatternOptions = {}): BytePattern {
  requireOptions(TEXT_PATTERN, options);
  const { encoding = "utf-8", ignoreCase = false, name = text } = options;
  if (text === "") throw new MslError("usage", "The text to search for is empty");
  if (/\p{Surrogate}/u.test(text)) throw new MslError("usage", "The text has half of a surrogate pair, which cannot be encoded");
  const values = encoding === "utf-8" ? new TextEncoder().encode(text) : utf16(text, encoding === "utf-16le");
  const masks = new Uint8Array(values.length).fill(0xff);
  if (ignoreCase) {
    for (const [i, letter] of letters(text, encoding)) {
      values[i] = letter & ~CASE_BIT;
      masks[i] = 0xff & ~CASE_BIT;
    }
  }
  return { name, values, masks };
}

/** The bit in which an upper-case letter of ASCII differs from the lower-case one. */
const CASE_BIT = 0x20;

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return bytes;
}

/** The places of letters of ASCII in the encoded text, and the letters. */
function* letters(text: string, encoding: TextEncodingName): Generator<readonly [number, number]> {
  let at = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (/^[a-z]$/i.test(character)) yield [encoding === "utf-16be" ? at + 1 : at, code];
    if (encoding === "utf-8") at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    else at += 2 * character.length;
  }
}

/** Options of `integerPattern`. */
export interface IntegerPatternOptions {
  /** Bytes of the integer. Default 8, as for a pointer of 64 bits. */
  readonly bytes?: 1 | 2 | 4 | 8;
  /** Whether the least significant byte comes first. Default little. */
  readonly endian?: "little" | "big";
  /** Whether the integer is in two's complement. Default false. */
  readonly signed?: boolean;
  readonly name?: string;
}

export const INTEGER_PATTERN = tableOf<IntegerPatternOptions>("integerPattern")({
  bytes: oneOf([1, 2, 4, 8]),
  endian: oneOf(["little", "big"]),
  signed: flag,
  name: text,
});

/** A pattern for an integer or a pointer. Throws `usage` for wrong options, and for a value that the bytes have no room for. */
export function integerPattern(value: bigint | number, options: IntegerPatternOptions = {}): BytePattern {
  requireOptions(INTEGER_PATTERN, options);
  const { bytes = 8, endian = "little", signed = false, name = String(value) } = options;
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new MslError("usage", `The value ${value} is no whole number up to 2^53 - 1: pass a bigint`);
  }
  const integer = BigInt(value);
  const bits = 8 * bytes;
  if ((signed ? BigInt.asIntN(bits, integer) : BigInt.asUintN(bits, integer)) !== integer) {
    throw new MslError(
      "usage",
      `The value ${integer} is no ${signed ? "signed" : "unsigned"} integer of ${bytes} ${bytes === 1 ? "byte" : "bytes"}`,
    );
  }
  const content = new DataView(new ArrayBuffer(8));
  content.setBigUint64(0, BigInt.asUintN(64, integer), endian === "little");
  const values = new Uint8Array(content.buffer).slice(endian === "little" ? 0 : 8 - bytes, endian === "little" ? bytes : 8);
  return { name, values, masks: new Uint8Array(bytes).fill(0xff) };
}
