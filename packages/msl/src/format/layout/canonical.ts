/**
 * Recognises bytes that are exactly what the encoder makes of the value that they decode to, without making that value: the decoder reports nothing
 * about them, and a 1.1 producer may write them. Other bytes are never taken for such; a few of such bytes are not recognised, and have to be decoded.
 */
import { ownBytes, viewOf } from "../../bytes.js";
import { isZeroBetween } from "./cursor.js";
import type { AnyField, Layout } from "./fields.js";
import { areUuidV4, UUID_BYTES } from "./uuid-text.js";

/** In place of an offset: the bytes are not recognised. */
export const NOT_CANONICAL = -1;

/** Passes over a field at the offset `at`, up to `end` at most; returns the offset behind it, or NOT_CANONICAL. */
type Pass = (bytes: Uint8Array, at: number, end: number) => number;

const U64_BYTES = 8;
const FIRST_NOT_ASCII = 0x80;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const never: Pass = () => NOT_CANONICAL;

const passes = new WeakMap<Layout, Pass>();
/** The table that was asked for last, and its pass: most blocks have the type of the block before. */
let lastTable: Layout | undefined;
let lastPass = never;

/**
 * The offset behind the fields of `table`, whose bytes begin at `at` and end at `end` at the latest; NOT_CANONICAL if they are not recognised, as in all
 * tables with lists, flags, slots or texts without padding.
 */
export function canonicalEnd(table: Layout, bytes: Uint8Array, at: number, end: number): number {
  if (table !== lastTable) {
    lastPass = passes.get(table) ?? passOver(table.fields);
    lastTable = table;
    passes.set(table, lastPass);
  }
  return lastPass(bytes, at, end);
}

function passOver(fields: readonly AnyField[]): Pass {
  /** The lengths that were read last, of texts and blobs that follow. */
  const lengths: number[] = [];
  const places = new Map<string, number>();
  const parts = fields.map((field) => {
    if (field.kind === "length") places.set(field.of, places.size);
    return fieldPass(field, lengths, places.get(field.kind === "length" ? field.of : field.name) ?? 0);
  });
  if (parts.includes(never)) return never;
  return (bytes, at, end) => {
    let next = at;
    for (let i = 0; i < parts.length && next >= 0; i++) next = parts[i]?.(bytes, next, end) ?? NOT_CANONICAL;
    return next;
  };
}

/** `place`: where the length of the text or blob stands in `lengths` that the field is or announces. */
function fieldPass(field: AnyField, lengths: number[], place: number): Pass {
  switch (field.kind) {
    case "uint":
      return field.limit ? never : skip(field.size);
    case "bytes":
      return skip(field.size);
    case "u64":
      return skip(U64_BYTES);
    case "uuid":
      return (bytes, at, end) => (at + UUID_BYTES <= end && areUuidV4(bytes, at) ? at + UUID_BYTES : NOT_CANONICAL);
    case "zeros": {
      const { size } = field;
      return (bytes, at, end) => (at + size <= end && isZeroBetween(bytes, at, at + size) ? at + size : NOT_CANONICAL);
    }
    case "length": {
      const { size } = field;
      return (bytes, at, end) => {
        if (at + size > end) return NOT_CANONICAL;
        lengths[place] = uintAt(bytes, at, size);
        return at + size;
      };
    }
    case "text":
      return field.storage === "padded" ? (bytes, at, end) => textEnd(bytes, at, lengths[place] ?? 0, end) : never;
    case "blob":
      return field.storage === "padded" ? (bytes, at, end) => paddedEnd(bytes, at + (lengths[place] ?? 0), at, end) : never;
    case "optional":
      return optionalPass(field);
    default:
      return never;
  }
}

function skip(size: number): Pass {
  return (_, at, end) => (at + size <= end ? at + size : NOT_CANONICAL);
}

/** A group whose absence is a deviation is there; one whose presence is a deviation is not, and nothing else is in its place. */
function optionalPass({ fields, rule }: Extract<AnyField, { kind: "optional" }>): Pass {
  if (rule.when) return never;
  if (rule.missing !== undefined && rule.present === undefined) return passOver(fields);
  return rule.present === undefined ? never : (_, at, end) => (at === end ? at : NOT_CANONICAL);
}

function uintAt(bytes: Uint8Array, at: number, size: 1 | 2 | 4): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** The end of a text of `length` bytes with its NUL and its padding. An empty text has no NUL: a NUL alone decodes to the same text. */
function textEnd(bytes: Uint8Array, at: number, length: number, end: number): number {
  if (length === 0) return at;
  const nul = at + length - 1;
  if (length === 1 || nul >= end || bytes[nul] !== 0) return NOT_CANONICAL;
  let isAscii = true;
  for (let i = at; i < nul; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0) return NOT_CANONICAL;
    if (byte >= FIRST_NOT_ASCII) isAscii = false;
  }
  return isAscii || isWellFormed(bytes, at, nul) ? paddedEnd(bytes, nul + 1, at, end) : NOT_CANONICAL;
}

/** A copy is decoded: bytes in shared memory could change meanwhile, and browsers refuse to decode them. */
function isWellFormed(bytes: Uint8Array, start: number, end: number): boolean {
  try {
    strictUtf8.decode(ownBytes(viewOf(bytes, start, end)));
    return true;
  } catch {
    return false;
  }
}

/** The end of the zeros that fill the bytes from `start` to `unpadded` up to a multiple of 8. */
function paddedEnd(bytes: Uint8Array, unpadded: number, start: number, end: number): number {
  const padded = unpadded + (-(unpadded - start) & 7);
  return padded <= end && isZeroBetween(bytes, unpadded, padded) ? padded : NOT_CANONICAL;
}
