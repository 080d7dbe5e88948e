/** Notes of Key Hints without the bytes of keys that stand in them. */
import { keysWrittenIn, type Span } from "./written-bytes.js";

/** Characters of a note that are looked at. */
const MOST_CHARACTERS = 64 * 1024;
/** Secrets behind a label and the client random, as in lines of a key log (RFC 9850), and behind the names that older key logs and programs have. */
const NAMED_SECRETS = [
  /\b[a-z]\w*[ \t:=]+[0-9a-f]{16,}[ \t:=,;]+(?<secret>[0-9a-f]{16,})/dgi,
  /(?:secret|key|master)[^\p{L}\p{N}]+(?:is[^\p{L}\p{N}]+)?(?:0x)?(?<secret>[0-9a-f]{16,})/dgiu,
];

/**
 * The note with `[N bytes hidden]` in place of 8 bytes or more of one of the keys, as hexadecimal digits or numbers with or without separators, in base64 or as decimal
 * numbers, and in place of secrets as they stand in key logs or, as one run of hexadecimal digits, behind the words secret, key and master. Characters behind the
 * first 65,536 are hidden as well. Other forms, such as octal numbers and base32, are not recognised.
 */
export function maskedNote(note: string, keys: readonly Uint8Array[]): string {
  const looked = note.slice(0, MOST_CHARACTERS);
  let text = "";
  let at = 0;
  for (const { start, end, bytes } of joined([...namedSecrets(looked), ...keysWrittenIn(looked, keys)])) {
    text += `${looked.slice(at, start)}[${bytes} bytes hidden]`;
    at = end;
  }
  const rest = note.length - looked.length;
  return `${text}${looked.slice(at)}${rest > 0 ? `[${rest} characters hidden]` : ""}`;
}

function* namedSecrets(note: string): Generator<Span> {
  for (const secrets of NAMED_SECRETS) {
    for (const { indices } of note.matchAll(secrets)) {
      const [start, end] = indices?.groups?.["secret"] ?? [0, 0];
      yield { start, end, bytes: Math.ceil((end - start) / 2) };
    }
  }
}

/** Ascending spans; those that overlap or touch are one. */
function joined(spans: readonly Span[]): Span[] {
  const all: { start: number; end: number; bytes: number }[] = [];
  for (const { start, end, bytes } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1);
    if (last && start <= last.end) {
      last.end = Math.max(last.end, end);
      last.bytes = Math.max(last.bytes, bytes);
    } else if (start < end) all.push({ start, end, bytes });
  }
  return all;
}
