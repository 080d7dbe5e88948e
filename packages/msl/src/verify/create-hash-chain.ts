import type { HashChain } from "@memslice/core-wasm";
import { Blake3HashChain } from "@memslice/core-wasm";
import { createHasher, HashAlgo, type HashAlgoCode } from "../hash/hash-algorithm.js";
import { PortableHashChain } from "./portable-hash-chain.js";

/** The chain of a plain capture: BLAKE3 in the WebAssembly core, SHA-2 through the platform's hasher. */
export function createHashChain(algorithm: HashAlgoCode, header: Uint8Array): HashChain {
  return algorithm === HashAlgo.Blake3
    ? new Blake3HashChain(header)
    : new PortableHashChain(header, () => createHasher(algorithm));
}
