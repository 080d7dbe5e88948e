/** Packages that compute BLAKE3, and SHA-256 for comparison, which every runtime has. */
import { createHash } from "node:crypto";
import { blake3 as nativeBlake3 } from "@napi-rs/blake-hash";
import { blake3 as nobleBlake3 } from "@noble/hashes/blake3.js";
import { load as loadBlake3Wasm, createHash as wasmHash, hash as wasmOneShot } from "blake3-wasm";
import { createBLAKE3 } from "hash-wasm";
import { nameAndVersion } from "../harness/environment.js";
import { asBuffer } from "./as-buffer.js";

const MIB = 1024 * 1024;

interface HashPeer {
  readonly name: string;
  /** The digest of a message of any length. */
  digest(bytes: Uint8Array): Uint8Array;
}

/**
 * blake3-wasm 3.0.0 depends on a version of a package that does not exist; the root package.json overrides it. A single update of more
 * than 1 MiB gives a wrong digest, so input is passed in pieces of 1 MiB. Loading the package a second time also makes its digests
 * wrong.
 */
export async function blake3Wasm(): Promise<HashPeer & { oneShot(bytes: Uint8Array): Uint8Array }> {
  loading ??= loadBlake3Wasm();
  await loading;
  return {
    name: nameAndVersion("blake3-wasm"),
    digest: (bytes) => {
      const hasher = wasmHash();
      for (let at = 0; at < bytes.length; at += MIB) hasher.update(bytes.subarray(at, at + MIB));
      const digest = hasher.digest();
      hasher.dispose();
      return digest;
    },
    oneShot: (bytes) => wasmOneShot(bytes),
  };
}

let loading: Promise<void> | undefined;

export async function hashWasm(): Promise<HashPeer> {
  const hasher = await createBLAKE3();
  return { name: nameAndVersion("hash-wasm"), digest: (bytes) => hasher.init().update(bytes).digest("binary") };
}

/** Native code that uses the widest vectors of the processor. */
export const blakeHash: HashPeer = {
  name: nameAndVersion("@napi-rs/blake-hash"),
  digest: (bytes) => nativeBlake3(asBuffer(bytes)),
};

export const noble: HashPeer = { name: nameAndVersion("@noble/hashes"), digest: (bytes) => nobleBlake3(bytes) };

export const sha256: HashPeer = {
  name: `node:crypto SHA-256, OpenSSL ${process.versions.openssl}`,
  digest: (bytes) => createHash("sha256").update(bytes).digest(),
};
