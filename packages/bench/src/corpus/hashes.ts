/** Incremental digests by HashAlgo code: BLAKE3 of the core, for its speed, and SHA-2 of noble, which is independent of the library. */
import { Blake3 } from "@memslice/core-wasm";
import { sha256, sha512_256 } from "@noble/hashes/sha2.js";

export interface Digesting {
  update(bytes: Uint8Array): void;
  /** The digest of the bytes so far, in hexadecimal; more bytes may follow. */
  digest(): string;
  release(): void;
}

const SHA2 = { 1: sha256, 2: sha512_256 } as const;

export function digesting(hashAlgo: number): Digesting {
  if (hashAlgo === 0) return blake3Digesting();
  const sha2 = hashAlgo === 1 || hashAlgo === 2 ? SHA2[hashAlgo] : undefined;
  if (!sha2) throw new RangeError(`There is no HashAlgo ${hashAlgo}`);
  const state = sha2.create();
  return {
    update: (bytes) => void state.update(bytes),
    digest: () => hexOf(state.clone().digest()),
    release: () => state.destroy(),
  };
}

export function blake3Digesting(): Digesting {
  const state = new Blake3();
  return {
    update: (bytes) => void state.update(bytes),
    digest: () => hexOf(state.digest()),
    release: () => state.release(),
  };
}

/** The digest of a message that is in memory. */
export function digestOf(bytes: Uint8Array, hashAlgo = 0): string {
  const state = digesting(hashAlgo);
  state.update(bytes);
  const digest = state.digest();
  state.release();
  return digest;
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
