const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Appending is fastest for texts up to the length of a hash. For longer ones V8 keeps an object for each step, 16 times as large as the two digits. */
const APPENDED_BYTES = 32;
const DIGITS = new TextEncoder().encode("0123456789abcdef");
const ascii = new TextDecoder();

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
/** The positions of the digits of each byte in canonical text, and the hyphens between them. */
const DIGITS_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const codes = Array<number>(36).fill(HYPHEN);

/**
 * 16 bytes in RFC 9562 order as canonical text. The text is made of character codes at once: V8 keeps a text that is put together from parts
 * with all of its parts, which take 300 bytes, and takes three times as long.
 */
export function uuidText(bytes: Uint8Array): string {
  for (let i = 0; i < DIGITS_AT.length; i++) {
    const at = DIGITS_AT[i] ?? 0;
    const byte = bytes[i] ?? 0;
    codes[at] = DIGITS[byte >> 4] ?? 0;
    codes[at + 1] = DIGITS[byte & 15] ?? 0;
  }
  return String.fromCharCode(...codes);
}

/** The 16 bytes of a UUID written with or without hyphens; undefined for other text. */
export function uuidBytes(uuid: string): Uint8Array | undefined {
  const digits = uuid.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) return undefined;
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** "No parent"; legal in ParentUUID only. */
export const NIL_UUID = uuidText(new Uint8Array(16));
