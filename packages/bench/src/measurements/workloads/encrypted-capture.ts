/** Writes encrypted captures of any size with node:crypto and noble's HChaCha20, independent of the library that will read them. */
import { createCipheriv } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { hchacha } from "@noble/ciphers/chacha.js";
import { regionBlocks, syntheticCapture } from "./synthetic-capture.js";

export type CipherName = "AES-256-GCM" | "XChaCha20-Poly1305";
export const CIPHERS: readonly CipherName[] = ["AES-256-GCM", "XChaCha20-Poly1305"];

export const REGION_PAGES = 16_384;
/** A fixed key: bench captures are the same in every run. */
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const NONCE = Uint8Array.from({ length: 24 }, (_, i) => 0x40 + i);

const EXTENSION_NONCE = 0x10;
const TAG_BYTES = 16;
const HEADER_BYTES = 128;
/** Plaintext is gathered to this size before it is encrypted and written. */
const PIECE_BYTES = 64 * 1024;

/** Algorithm, key and nonce for a streaming cipher of node:crypto, for encrypting or decrypting. */
export function nativeKey(cipher: CipherName): { name: "aes-256-gcm" | "chacha20-poly1305"; key: Uint8Array; nonce: Uint8Array } {
  if (cipher === "AES-256-GCM") return { name: "aes-256-gcm", key: KEY, nonce: NONCE.slice(0, 12) };
  const key = new Uint32Array(8);
  const words = (bytes: Uint8Array) => new Uint32Array(bytes.slice().buffer);
  hchacha(words(new TextEncoder().encode("expand 32-byte k")), words(KEY), words(NONCE.slice(0, 16)), key);
  return { name: "chacha20-poly1305", key: new Uint8Array(key.buffer), nonce: Uint8Array.of(0, 0, 0, 0, ...NONCE.slice(16)) };
}

/** Writes a capture of `regions` regions of 64 MiB each. */
export function writeEncryptedCapture(path: string, cipher: CipherName, regions: number): void {
  const extension = new Uint8Array(64);
  extension[0] = cipher === "AES-256-GCM" ? 1 : 2;
  extension.set(cipher === "AES-256-GCM" ? NONCE.slice(0, 12) : NONCE, EXTENSION_NONCE);
  const pieces = syntheticCapture("regions", regionBlocks({ regions, pagesPerRegion: REGION_PAGES }), extension);
  const header = pieces.next().value;
  if (!(header instanceof Uint8Array) || header.length !== HEADER_BYTES) throw new Error("The capture begins with its header");
  const { name, key, nonce } = nativeKey(cipher);
  const options = { authTagLength: TAG_BYTES } as const;
  const encryption =
    name === "aes-256-gcm" ? createCipheriv(name, key, nonce, options) : createCipheriv(name, key, nonce, options);
  encryption.setAAD(header, { plaintextLength: 0 });
  const file = openSync(path, "w");
  writeSync(file, header);
  for (const piece of gathered(pieces)) writeSync(file, encryption.update(piece));
  encryption.final();
  writeSync(file, encryption.getAuthTag());
  closeSync(file);
}

function* gathered(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const buffer = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + PIECE_BYTES - filled);
      buffer.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === PIECE_BYTES) {
        yield buffer;
        filled = 0;
      }
    }
  }
  yield buffer.subarray(0, filled);
}
