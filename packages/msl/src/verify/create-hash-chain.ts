import type { HashChain } from "@memslice/core-wasm";
import { Blake3HashChain } from "@memslice/core-wasm";
import type { ByteOrder } from "../format/layout/decode.js";
import { createHasher, HashAlgo, type HashAlgoCode } from "../hash/hash-algorithm.js";
import type { NewNativeBlake3 } from "../hash/hasher.js";
import { NativeHashers } from "../hash/native-hashers.js";
import { PortableHashChain } from "./portable-hash-chain.js";

/**
 * The chain of a plain capture: BLAKE3 in machine code where that is `native`, or in the WebAssembly core; SHA-2, and big-endian drafts, block
 * by block through a hasher.
 */
export function createHashChain(
  algorithm: HashAlgoCode,
  header: Uint8Array,
  byteOrder: ByteOrder,
  native: NewNativeBlake3 | null,
): HashChain {
  if (algorithm === HashAlgo.Blake3 && native) {
    const hashers = new NativeHashers(native);
    return new PortableHashChain(header, () => hashers.hasher(), { byteOrder });
  }
  if (algorithm === HashAlgo.Blake3 && byteOrder === "little") return new Blake3HashChain(header);
  return new PortableHashChain(header, () => createHasher(algorithm), { byteOrder });
}
