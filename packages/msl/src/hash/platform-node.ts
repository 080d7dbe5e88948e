/** `#hash` in Node, Bun and Deno: SHA-2 by node:crypto; BLAKE3 by @napi-rs/blake-hash, which is an optional package. */
import { blake3 } from "@memslice/core-wasm";
import type { Hasher, LoadNativeBlake3, NewNativeBlake3, Sha2Name } from "./hash-algorithm.js";

export function createSha2(name: Sha2Name): Hasher {
  // Loaded when a capture needs SHA-2: it takes as long to load as a fifth of the library.
  const { createHash } = process.getBuiltinModule("node:crypto");
  const state = createHash(name);
  return {
    update: (bytes) => state.update(bytes),
    digest: () => new Uint8Array(state.copy().digest()),
    release: () => {},
  };
}

let loading: Promise<NewNativeBlake3 | null> | undefined;

/** Loads the package once. Undefined on platforms that load no machine code. */
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

/** More than one chunk of BLAKE3 (1024 bytes), so that the check covers its tree. */
const PROBE_BYTES = 5000;
const FIRST_PIECE = 1500;

/** Compares digests with those of the WebAssembly core, for a message in two pieces: after each piece, and again after a reset. */
function isBlake3(create: NewNativeBlake3): boolean {
  const probe = Uint8Array.from({ length: PROBE_BYTES }, (_, i) => i);
  const hasher = create();
  for (let round = 0; round < 2; round++) {
    for (const [from, to] of [
      [0, FIRST_PIECE],
      [FIRST_PIECE, PROBE_BYTES],
    ] as const) {
      hasher.update(Buffer.from(probe.buffer, from, to - from));
      if (Buffer.compare(hasher.digestBuffer(), blake3(probe.subarray(0, to))) !== 0) return false;
    }
    hasher.reset();
  }
  return true;
}
