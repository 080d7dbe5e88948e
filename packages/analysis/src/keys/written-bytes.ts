/** Bytes of keys that are written in a text: as hexadecimal digits, in base64, or as decimal numbers. */
import { hexOf } from "./fingerprint.js";

/** Bytes of a key that are recognised: fewer may stand in a text by chance. */
const LEAST_BYTES = 8;
/** A prefix of digits, a digit, a separator of digits, which is any character but letters and digits, or another character. */
const TOKENS = /(?<prefix>(?:0x|\\x)(?=[0-9a-f]))|(?<digit>[0-9a-f])|[^\p{L}\p{N}]|(?<other>.)/gisu;
/** Characters of base64 in both alphabets; lines may be broken. */
const BASE64 = /[a-z0-9+/_-](?:\s*[a-z0-9+/_-]){10,}/gi;
const SEXTETS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Numbers of up to three digits, with separators between them. */
const DECIMALS = /(?<![\p{L}\p{N}])\d{1,3}(?:[^\p{L}\p{N}]+\d{1,3})+(?![\p{L}\p{N}])/gu;

/** Hexadecimal numbers of one digit or two, with separators between them. Prefixes, and the suffixes of C and of assemblers, belong to them; a backslash before x is a separator. */
const HEX_NUMBERS = /(?<![\p{L}\p{N}])(?:0?x)?[0-9a-f]{1,2}[uh]?(?:[^\p{L}\p{N}]+(?:0?x)?[0-9a-f]{1,2}[uh]?)+(?![\p{L}\p{N}])/giu;
const HEX_NUMBER = /(?<prefix>(?:0?x)?)(?<byte>[0-9a-f]{1,2})[uh]?/gi;

/** Characters `[start, end)` of a text, and how many bytes they tell. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/** Bytes as hexadecimal digits; each digit stands at `starts[i]` up to `ends[i]` in the text. */
interface Reading {
  readonly digits: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Where 8 bytes or more of one of the keys stand in the text; with the characters of the same form that touch them: a key may go on behind the bytes that are known. Ascending within each form. */
export function* keysWrittenIn(text: string, keys: readonly Uint8Array[]): Generator<Span> {
  if (keys.length === 0) return;
  let known: ReadonlySet<string> | undefined;
  const foundIn = (reading: Reading, step: number) => stretchesOf(reading, step, () => (known ??= windowsOf(keys)));
  for (const reading of inHex(text)) {
    for (const { start, end } of foundIn(reading, 1)) {
      const span = grown(text, start, end, /[0-9a-f]/i);
      yield { ...span, bytes: Math.ceil(text.slice(span.start, span.end).replace(/0x|\\x|[^0-9a-f]/gi, "").length / 2) };
    }
  }
  for (const reading of inHexNumbers(text)) {
    for (const { start, end } of foundIn(reading, 2)) {
      yield { start, end, bytes: text.slice(start, end).match(HEX_NUMBER)?.length ?? 0 };
    }
  }
  for (const reading of inBase64(text)) {
    for (const { start, end } of foundIn(reading, 2)) {
      const span = grown(text, start, end, /[a-z0-9+/_=-]/i);
      const { length } = text.slice(span.start, span.end).replace(/[\s=]/g, "");
      yield { ...span, bytes: Math.floor((3 * length) / 4) };
    }
  }
  for (const reading of inDecimal(text)) {
    for (const { start, end } of foundIn(reading, 2)) {
      yield { start, end, bytes: text.slice(start, end).match(/\d+/g)?.length ?? 0 };
    }
  }
}

/** All 8 bytes of the keys that follow each other. */
function windowsOf(keys: readonly Uint8Array[]): ReadonlySet<string> {
  const windows = new Set<string>();
  for (const key of keys) {
    const hex = hexOf(key);
    for (let at = 0; at + 2 * LEAST_BYTES <= hex.length; at += 2) windows.add(hex.slice(at, at + 2 * LEAST_BYTES));
  }
  return windows;
}

/** Stretches of windows that overlap or touch. `step`: digits between two places where bytes may begin. `known`: is called for a reading that is long enough. */
function* stretchesOf(
  { digits, starts, ends }: Reading,
  step: number,
  known: () => ReadonlySet<string>,
): Generator<{ readonly start: number; readonly end: number }> {
  if (digits.length < 2 * LEAST_BYTES) return;
  const windows = known();
  let from = -1;
  let to = -1;
  for (let at = 0; at + 2 * LEAST_BYTES <= digits.length; at += step) {
    if (!windows.has(digits.slice(at, at + 2 * LEAST_BYTES))) continue;
    if (from >= 0 && at > to) {
      yield { start: starts[from] ?? 0, end: ends[to - 1] ?? 0 };
      from = -1;
    }
    if (from < 0) from = at;
    to = at + 2 * LEAST_BYTES;
  }
  if (from >= 0) yield { start: starts[from] ?? 0, end: ends[to - 1] ?? 0 };
}

function grown(text: string, start: number, end: number, form: RegExp) {
  let [from, to] = [start, end];
  while (form.test(text[from - 1] ?? " ")) from--;
  while (form.test(text[to] ?? " ")) to++;
  return { start: from, end: to };
}

/** Runs of digits: separators and prefixes may stand between them, but no other character. */
function* inHex(text: string): Generator<Reading> {
  let places: number[] = [];
  const reading = (): Reading => ({
    digits: places.map((place) => text[place]?.toLowerCase()).join(""),
    starts: places,
    ends: places.map((place) => place + 1),
  });
  for (const { index, groups } of text.matchAll(TOKENS)) {
    if (groups?.["digit"] !== undefined) places.push(index);
    if (groups?.["other"] === undefined) continue;
    if (places.length >= 2 * LEAST_BYTES) yield reading();
    places = [];
  }
  if (places.length >= 2 * LEAST_BYTES) yield reading();
}

/** Numbers that lack their leading zero, or have a suffix: as digits alone, their bytes would begin at other places. */
function* inHexNumbers(text: string): Generator<Reading> {
  for (const { 0: run, index } of text.matchAll(HEX_NUMBERS)) {
    const [starts, ends]: number[][] = [[], []];
    let digits = "";
    for (const { index: at, groups } of run.matchAll(HEX_NUMBER)) {
      const { prefix = "", byte = "" } = groups ?? {};
      digits += byte.toLowerCase().padStart(2, "0");
      const start = index + at + prefix.length;
      starts?.push(start, start);
      ends?.push(start + byte.length, start + byte.length);
    }
    yield { digits, starts: starts ?? [], ends: ends ?? [] };
  }
}

/** Each run of characters of base64 from its first, second, third and fourth character on: nobody knows which words before the bytes belong to them. */
function* inBase64(text: string): Generator<Reading> {
  for (const { 0: run, index } of text.matchAll(BASE64)) {
    const places = [...run.matchAll(/\S/g)].map((character) => index + character.index);
    const sextets = places.map((place) => SEXTETS.indexOf((text[place] ?? "").replace("-", "+").replace("_", "/")));
    for (let first = 0; first < 4; first++) {
      const count = Math.floor(((sextets.length - first) * 6) / 8);
      const [starts, ends]: number[][] = [[], []];
      let digits = "";
      for (let byte = 0; byte < count; byte++) {
        const place = first + Math.floor((8 * byte) / 6);
        const shift = 4 - 2 * (byte % 3);
        const value = ((((sextets[place] ?? 0) << 6) | (sextets[place + 1] ?? 0)) >> shift) & 0xff;
        digits += value.toString(16).padStart(2, "0");
        const [start = 0, end = 0] = [places[place], places[place + 1]];
        starts?.push(start, start);
        ends?.push(end + 1, end + 1);
      }
      yield { digits, starts: starts ?? [], ends: ends ?? [] };
    }
  }
}

/** Numbers up to 255, or from -128 on: a minus sign behind a digit is a separator. Another number ends a run. */
function* inDecimal(text: string): Generator<Reading> {
  for (const { 0: run, index } of text.matchAll(DECIMALS)) {
    let reading = { digits: "", starts: [] as number[], ends: [] as number[] };
    for (const { 0: number, index: at } of run.matchAll(/\d+/g)) {
      const start = index + at;
      const isNegative = text[start - 1] === "-" && !/\d/.test(text[start - 2] ?? " ");
      const value = isNegative ? 256 - Number(number) : Number(number);
      if (value < 0 || value > 255 || (isNegative && value < 128)) {
        yield reading;
        reading = { digits: "", starts: [], ends: [] };
        continue;
      }
      reading.digits += value.toString(16).padStart(2, "0");
      reading.starts.push(isNegative ? start - 1 : start, isNegative ? start - 1 : start);
      reading.ends.push(start + number.length, start + number.length);
    }
    yield reading;
  }
}
