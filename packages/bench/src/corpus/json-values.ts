/** Values as manifests write them: u64 as decimal text, bytes in hexadecimal. */
import { digestOf, hexOf } from "./hashes.js";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Bytes that may be long. */
export type BlobJson = { readonly hex: string } | { readonly length: number; readonly blake3: string };

const HEX_MOST = 512;

export function blobJson(bytes: Uint8Array): BlobJson {
  return bytes.length <= HEX_MOST ? { hex: hexOf(bytes) } : { length: bytes.length, blake3: digestOf(bytes) };
}

/** Throws a `TypeError` for what has no place in a manifest. */
export function plainJson(value: unknown): Json {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return hexOf(value);
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainJson(one)]));
  }
  throw new TypeError(`A manifest holds no ${typeof value}`);
}
