/** PEM (RFC 7468): base64 between BEGIN and END. */

export const PEM_BEGIN = "-----BEGIN ";

/** Labels of what is looked for. A key behind a passphrase has headers in its text, and does not decode. */
const LABELS = ["CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"].map((label) => ({
  begin: bytesOf(`${PEM_BEGIN}${label}-----`),
  end: bytesOf(`-----END ${label}-----`),
}));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const IGNORED = 64;
const PADDING = 65;
const OTHER = 66;
/** What each byte stands for: 6 bits, or one of the codes above. */
const VALUES = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = ALPHABET.indexOf(String.fromCharCode(code));
  if (value >= 0) return value;
  if (code === 0x0a || code === 0x0d) return IGNORED;
  return code === 0x3d ? PADDING : OTHER;
});

/** Bytes that there is room for at first. */
const FIRST_BYTES = 2048;

/** What stands between BEGIN and END at the start of `text`, if it is base64, and how many bytes of the text were read: up to the last dash. */
export function pemContent(text: Uint8Array): { readonly bytes?: Uint8Array; readonly read: number } {
  const label = LABELS.find(({ begin }) => startsWith(text, begin, 0));
  if (!label) return { read: 0 };
  let content = new Uint8Array(FIRST_BYTES);
  let size = 0;
  const add = (byte: number) => {
    if (size === content.length) {
      const more = new Uint8Array(2 * size);
      more.set(content);
      content = more;
    }
    content[size++] = byte;
  };
  let held = 0;
  let digits = 0;
  let at = label.begin.length;
  for (; at < text.length; at++) {
    const value = VALUES[text[at] ?? 0] ?? OTHER;
    if (value === IGNORED) continue;
    if (value >= PADDING) break;
    held = ((held << 6) | value) & 0xffffff;
    if (++digits % 4 !== 0) continue;
    add(held >> 16);
    add((held >> 8) & 0xff);
    add(held & 0xff);
  }
  const left = digits % 4;
  if (left > 1) add((left === 2 ? held >> 4 : held >> 10) & 0xff);
  if (left === 3) add((held >> 2) & 0xff);
  for (; at < text.length; at++) {
    const value = VALUES[text[at] ?? 0];
    if (value !== PADDING && value !== IGNORED) break;
  }
  if (left === 1 || !startsWith(text, label.end, at)) return { read: at };
  return { bytes: content.slice(0, size), read: at + label.end.length };
}

function startsWith(text: Uint8Array, start: Uint8Array, at: number): boolean {
  for (let i = start.length - 1; i >= 0; i--) if (text[at + i] !== start[i]) return false;
  return true;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
