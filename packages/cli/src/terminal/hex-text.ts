/** Bytes as hexadecimal digits and as characters. */

const BYTES_PER_ROW = 16;
/** The two digits of each value of a byte. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** For example "70 61 73 73". Bytes from number `most` on are left out, and "..." stands for them. */
export function spacedHex(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): string {
  let text = "";
  for (const byte of bytes.subarray(0, Math.min(most, bytes.length))) text += text === "" ? DIGITS[byte] : ` ${DIGITS[byte]}`;
  return bytes.length > most ? `${text} ...` : text;
}

/** For example "70617373". */
export function hexText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

/** Printable characters of ASCII; a dot for every other byte. */
export function asciiText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? byte : 0x2e)));
}

/** Rows of 16 bytes at addresses that are multiples of 16: 80 columns below 2^48. Places of a row that have no byte stay blank. */
export function* hexRows(address: bigint, bytes: Uint8Array): Generator<string, void, undefined> {
  let skipped = Number(address % BigInt(BYTES_PER_ROW));
  for (let at = 0; at < bytes.length; ) {
    const row = bytes.subarray(at, at + BYTES_PER_ROW - skipped);
    const start = address + BigInt(at) - BigInt(skipped);
    const hex = `${"   ".repeat(skipped)}${spacedHex(row)}`.padEnd(3 * BYTES_PER_ROW - 1);
    const ascii = `${" ".repeat(skipped)}${asciiText(row)}`.padEnd(BYTES_PER_ROW);
    yield `${start.toString(16).padStart(12, "0")}  ${hex} |${ascii}|`;
    at += row.length;
    skipped = 0;
  }
}
