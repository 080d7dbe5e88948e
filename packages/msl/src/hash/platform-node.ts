/**
 * `#hash` in Node, Bun and Deno: SHA-2 and tags of windows by node:crypto; BLAKE3 by @napi-rs/blake-hash, which is an optional package; and whether bytes are zeros,
 * by machine code.
 */
import { blake3 } from "@memslice/core-wasm";
import type { Hasher, IsZeroFilled, LoadNativeBlake3, NewNativeBlake3, NewWindowTags, Sha2Name } from "./hash-algorithm.js";

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

/** Bytes that are compared at once: they stay in the cache. */
const ZEROS = new Uint8Array(64 * 1024);

export const isZeroFilled: IsZeroFilled | undefined = (bytes) => {
  // Parcel would add a polyfill to pages for the name alone.
  const { compare } = globalThis.Buffer;
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (part[0] !== 0 || compare(part, ZEROS.subarray(0, part.length)) !== 0) return false;
  }
  return true;
};

const TAG_BYTES = 16;
/** The tag of every window of zeros, which dumps have many of: another window has it as seldom as any other tag. */
const TAG_OF_ZEROS = new Uint8Array(TAG_BYTES);
const NONCE_BYTES = 12;
/** The first GMAC of gcmEncryptExtIV128.rsp (NIST CAVP): key, nonce, message, tag. */
const GMAC_SAMPLE = [
  "77be63708971c4e240d1cb79e8d77feb",
  "e0e00f19fed7ba0136a797f3",
  "7a43ec1d9c0a5a78a0b16533a6213cab",
  "209fcc8d3675ed938e9c7166709dd946",
] as const;

/** GMAC (NIST SP 800-38D) with a random key, where the runtime computes it as the sample has it. */
export const newWindowTags: NewWindowTags | undefined = () => {
  const { createCipheriv, randomBytes } = process.getBuiltinModule("node:crypto");
  const tagOf = (key: Uint8Array, nonce: Uint8Array, message: Uint8Array) => {
    const cipher = createCipheriv("aes-128-gcm", key, nonce);
    cipher.setAAD(message);
    cipher.final();
    return cipher.getAuthTag();
  };
  try {
    const [key, nonce, message, tag] = GMAC_SAMPLE.map((text) => globalThis.Buffer.from(text, "hex"));
    if (!key || !nonce || !message || !tag?.equals(tagOf(key, nonce, message))) return null;
  } catch {
    return null;
  }
  const key = randomBytes(TAG_BYTES);
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  return {
    size: TAG_BYTES,
    of(index, window) {
      if (isZeroFilled?.(window)) return TAG_OF_ZEROS;
      view.setUint32(0, index);
      return tagOf(key, nonce, window);
    },
  };
};
