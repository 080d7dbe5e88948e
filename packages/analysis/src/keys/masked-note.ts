/** Notes of Key Hints without the bytes of keys that stand in them as hexadecimal digits. */
import { hexOf } from "./fingerprint.js";

/** Characters of a note that are looked at. */
const MOST_CHARACTERS = 64 * 1024;
/** Digits of a key that are recognised in a note, those of 8 bytes: fewer may stand there by chance. */
const LEAST_DIGITS = 16;
/** Secrets behind a label and the client random, as in lines of a key log (RFC 9850), and behind the names that older key logs and programs have. */
const NAMED_SECRETS = [
  /\b[a-z]\w*[ \t:=]+[0-9a-f]{16,}[ \t:=,;]+(?<secret>[0-9a-f]{16,})/dgi,
  /(?:secret|key|master)[^\p{L}\p{N}]+(?:is[^\p{L}\p{N}]+)?(?:0x)?(?<secret>[0-9a-f]{16,})/dgiu,
];
/** A prefix of digits, a digit, a separator of digits, which is any character but letters and digits, or another character. */
const TOKENS = /(?<prefix>(?:0x|\\x)(?=[0-9a-f]))|(?<digit>[0-9a-f])|[^\p{L}\p{N}]|(?<other>.)/gisu;

/** Characters `[start, end)` of a note. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The note with `[N bytes hidden]` in place of hexadecimal digits of 8 bytes or more of one of the keys, with or without separators, and in place of secrets as
 * they stand in key logs or, as one run of digits, behind the words secret, key and master. Characters behind the first 65,536 are hidden as well. Other forms,
 * such as base64 and decimal, are not recognised.
 */
export function maskedNote(note: string, keys: readonly Uint8Array[]): string {
  const looked = note.slice(0, MOST_CHARACTERS);
  const ofKeys = joined([...digitsOfKeys(looked, keys)]).map((span) => extended(looked, span));
  const spans = joined([...namedSecrets(looked), ...ofKeys]);
  let text = "";
  let at = 0;
  for (const { start, end } of spans) {
    const digits = looked.slice(start, end).replace(/0x|\\x|[^0-9a-f]/gi, "").length;
    text += `${looked.slice(at, start)}[${Math.ceil(digits / 2)} bytes hidden]`;
    at = end;
  }
  const rest = note.length - looked.length;
  return `${text}${looked.slice(at)}${rest > 0 ? `[${rest} characters hidden]` : ""}`;
}

function* namedSecrets(note: string): Generator<Span> {
  for (const secrets of NAMED_SECRETS) {
    for (const { indices } of note.matchAll(secrets)) {
      const [start, end] = indices?.groups?.["secret"] ?? [0, 0];
      yield { start, end };
    }
  }
}

/** Where 8 bytes of a key stand, once for each 8 bytes of it. */
function* digitsOfKeys(note: string, keys: readonly Uint8Array[]): Generator<Span> {
  const windows = new Set<string>();
  for (const places of runsOfDigits(note)) {
    if (windows.size === 0) for (const window of windowsOf(keys)) windows.add(window);
    const digits = places.map((place) => note[place]?.toLowerCase()).join("");
    for (let at = 0; at + LEAST_DIGITS <= digits.length; at++) {
      if (!windows.has(digits.slice(at, at + LEAST_DIGITS))) continue;
      yield { start: places[at] ?? 0, end: (places[at + LEAST_DIGITS - 1] ?? 0) + 1 };
    }
  }
}

/** The span with the digits that touch it: a key may go on behind the bytes that the capture has. */
function extended(note: string, { start, end }: Span): Span {
  const isDigit = (at: number) => /[0-9a-f]/i.test(note[at] ?? "");
  let [from, to] = [start, end];
  while (isDigit(from - 1)) from--;
  while (isDigit(to)) to++;
  return { start: from, end: to };
}

/** The places of the digits of each run that has enough of them: separators and prefixes may stand between them, but no other character. */
function* runsOfDigits(note: string): Generator<readonly number[]> {
  let places: number[] = [];
  for (const { index, groups } of note.matchAll(TOKENS)) {
    if (groups?.["digit"] !== undefined) places.push(index);
    if (groups?.["other"] === undefined) continue;
    if (places.length >= LEAST_DIGITS) yield places;
    places = [];
  }
  if (places.length >= LEAST_DIGITS) yield places;
}

function* windowsOf(keys: readonly Uint8Array[]): Generator<string> {
  for (const key of keys) {
    const hex = hexOf(key);
    for (let at = 0; at + LEAST_DIGITS <= hex.length; at += 2) yield hex.slice(at, at + LEAST_DIGITS);
  }
}

/** Ascending spans; those that overlap or touch are one. */
function joined(spans: readonly Span[]): Span[] {
  const all: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else if (start < end) all.push({ start, end });
  }
  return all;
}
