/** @napi-rs/blake-hash in Node, Bun and Deno: an optional package, used where it is installed and computes BLAKE3. */
import { blake3 } from "@memslice/core-wasm";
import type { LoadNativeBlake3, NewNativeBlake3 } from "./native-blake3.js";

/** More than one chunk, so that the tree is part of the check. */
const PROBE = Uint8Array.from({ length: 5000 }, (_, i) => i);

let loading: Promise<NewNativeBlake3 | null> | undefined;

/** Undefined where the platform cannot have the package. */
export const loadNativeBlake3: LoadNativeBlake3 | undefined = () => {
  loading ??= load();
  return loading;
};

async function load(): Promise<NewNativeBlake3 | null> {
  try {
    const { default: exported } = await import("@napi-rs/blake-hash");
    const create: NewNativeBlake3 = () => new exported.Blake3Hasher();
    return isBlake3(create) ? create : null;
  } catch {
    return null;
  }
}

/** In two pieces, with a digest between them, and once more after a reset: all that is asked of it. */
function isBlake3(create: NewNativeBlake3): boolean {
  const hasher = create();
  for (let round = 0; round < 2; round++) {
    for (const [from, to] of [
      [0, 1500],
      [1500, PROBE.length],
    ] as const) {
      hasher.update(Buffer.from(PROBE.buffer, from, to - from));
      if (Buffer.compare(hasher.digestBuffer(), blake3(PROBE.subarray(0, to))) !== 0) return false;
    }
    hasher.reset();
  }
  return true;
}
