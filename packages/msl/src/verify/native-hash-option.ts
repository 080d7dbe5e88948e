/** Whether a verification by one thread is done in machine code (docs/decisions/0012-native-hash.md). */
import { loadNativeBlake3 } from "#hash";
import type { FileHeader } from "../format/file-header.js";
import { HashAlgo } from "../hash/hash-algorithm.js";
import type { NewNativeBlake3 } from "../hash/hasher.js";
import { NATIVE_LEAST_BYTES } from "../hash/native-hashers.js";

export interface NativeHashOption {
  /**
   * Whether @napi-rs/blake-hash computes BLAKE3 where that package is installed, in Node, Bun and Deno, for captures of 4 MiB and more that one
   * or two threads verify. Default true. The report is the same but for `hasher`.
   */
  readonly nativeHash?: boolean;
}

/** Many small blocks side by side are hashed faster by the core. */
const LEAST_BLOCK = 16 * 1024;

/** Null where the WebAssembly core does the work. What the header says of the number of blocks decides about nothing but time. */
export async function nativeBlake3(
  size: number,
  { hashAlgo, blockCount }: Pick<FileHeader, "hashAlgo" | "blockCount">,
  { nativeHash = true }: NativeHashOption,
): Promise<NewNativeBlake3 | null> {
  const suits = hashAlgo === HashAlgo.Blake3 && size >= NATIVE_LEAST_BYTES && size >= blockCount * LEAST_BLOCK;
  return nativeHash && suits && loadNativeBlake3 ? loadNativeBlake3() : null;
}
