/**
 * Hashing by the code that the header's HashAlgo byte holds; and the interface of `#hash` on every platform: `createSha2(name: Sha2Name): Hasher`,
 * `loadNativeBlake3`, `newWindowTags` and `isZeroFilled`.
 */
import { Blake3, blake3 } from "@memslice/core-wasm";
import { createSha2 } from "#hash";
import type { WorkersUse } from "../threads/thread-use.js";

/** The codes of the hash algorithms in the file header. */
export const HashAlgo = { Blake3: 0, Sha256: 1, Sha512_256: 2 } as const;
/** The code of a hash algorithm in the file header: 0 BLAKE3, 1 SHA-256, 2 SHA-512/256. */
export type HashAlgoCode = (typeof HashAlgo)[keyof typeof HashAlgo];

export function isImplementedHash(code: number): code is HashAlgoCode {
  return code === HashAlgo.Blake3 || code === HashAlgo.Sha256 || code === HashAlgo.Sha512_256;
}

/** An incremental hash, which is released after use. */
export function createHasher(algorithm: HashAlgoCode): Hasher {
  return algorithm === HashAlgo.Blake3 ? new Blake3() : createSha2(algorithm === HashAlgo.Sha256 ? "sha256" : "sha512-256");
}

/** The digest of one message. */
export function hash(algorithm: HashAlgoCode, bytes: Uint8Array): Uint8Array {
  if (algorithm === HashAlgo.Blake3) return blake3(bytes);
  const hasher = createHasher(algorithm);
  try {
    hasher.update(bytes);
    return hasher.digest();
  } finally {
    hasher.release();
  }
}

/** The implementation that computed the hashes of a report: the WebAssembly core, the optional native package, or for SHA-2 the platform or a portable library. */
export type HasherName = "core-wasm" | "@napi-rs/blake-hash" | "sha-2";

/** `native`: the optional package, if it computes BLAKE3. */
export function hasherName(algorithm: HashAlgoCode, native: NewNativeBlake3 | null): HasherName {
  if (algorithm !== HashAlgo.Blake3) return "sha-2";
  return native ? "@napi-rs/blake-hash" : "core-wasm";
}

/** Hashes one message, whose bytes are passed in pieces of any size. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  /** The digest, 32 bytes, of the message so far. The message may be continued. */
  digest(): Uint8Array;
  /** Releases the memory; the hasher cannot be used afterwards. */
  release(): void;
}

/** A hasher of all bytes of a file, such as one that another thread computes. The writer that is given it releases it. */
export interface FileHasher {
  readonly algorithm: HashAlgoCode;
  /** Which threads hash, for the report of the writer; undefined if the caller's thread does. */
  readonly use?: WorkersUse | undefined;
  /** Takes the next bytes, in their order. If a promise is returned, the next large bytes come when it has resolved; it never rejects. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** The digest, 32 bytes, of the bytes so far. More may follow. */
  digest(): Promise<Uint8Array>;
  /** Releases memory and threads; nothing else may be called afterwards. A second call has no effect. */
  release(): void;
}

export type Sha2Name = "sha256" | "sha512-256";

/** The incremental hash of @napi-rs/blake-hash, which is native code. It reads any bytes of Node in place, also shared bytes. */
export interface NativeBlake3 {
  /** Takes a Buffer. The package declares the other types, too; published declarations cannot name `Buffer`, which programs for browsers lack. */
  update(bytes: Uint8Array | string | number): unknown;
  /** The digest of the message so far. The message may be continued. */
  digestBuffer(): Uint8Array;
  /** Begins a new message. */
  reset(): void;
}

export type NewNativeBlake3 = () => NativeBlake3;

/** Resolves with null if the package is not installed, cannot be loaded, or computes other digests than the WebAssembly core. */
export type LoadNativeBlake3 = () => Promise<NewNativeBlake3 | null>;

/**
 * Tags of numbered windows, which tell whether a window has the bytes that it had before. A tag is a digest, or is made with a secret key: the tag of other bytes
 * then is the same with a probability below 2^-100 in windows up to 1 GiB, whoever chose them without knowing key and tags.
 */
export interface WindowTags {
  /** Bytes of a tag. */
  readonly size: number;
  /** `index`: 0 to 2^32 - 1. */
  of(index: number, window: Uint8Array): Uint8Array;
}

/** Whether all bytes are zero. Takes a fraction of the time of any hash. */
export type IsZeroFilled = (bytes: Uint8Array) => boolean;

/** Returns null if the runtime does not compute them. */
export type NewWindowTags = () => WindowTags | null;

/** Messages up to this size are hashed by the core. In longer messages, pieces of up to half this size are gathered. */
const GATHERED_BYTES = 16 * 1024;

/** Loading the package takes about as long as the core takes to hash this many bytes: smaller captures are hashed by the core. */
export const NATIVE_LEAST_BYTES = 4 * 1024 * 1024;

/**
 * BLAKE3 in machine code for messages of any size (docs/decisions/0012-native-hash.md). A call into the package takes longer than hashing a
 * short message, so short messages are gathered and hashed by the WebAssembly core. Objects of the package are used again, since each
 * holds memory that the garbage collector does not count.
 */
export class NativeHashers {
  readonly #create: NewNativeBlake3;
  readonly #idle: NativeBlake3[] = [];
  readonly #rooms: Uint8Array<ArrayBuffer>[] = [];

  constructor(create: NewNativeBlake3) {
    this.#create = create;
  }

  /** A hasher for one message; after its `release`, later messages use its memory. */
  hasher(): Hasher {
    const room = this.#rooms.pop() ?? new Uint8Array(GATHERED_BYTES);
    let native: NativeBlake3 | undefined;
    let gathered = 0;
    let released = false;
    const handOver = (bytes: Uint8Array) => {
      native ??= this.#idle.pop() ?? this.#create();
      // Parcel would add a polyfill to pages for the name alone.
      native.update(globalThis.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    };
    return {
      update(bytes) {
        if (gathered + bytes.length <= room.length) {
          room.set(bytes, gathered);
          gathered += bytes.length;
          return;
        }
        if (gathered > 0) handOver(room.subarray(0, gathered));
        gathered = 0;
        if (bytes.length > room.length >> 1) handOver(bytes);
        else {
          room.set(bytes);
          gathered = bytes.length;
        }
      },
      digest() {
        if (!native) return blake3(room.subarray(0, gathered));
        if (gathered > 0) handOver(room.subarray(0, gathered));
        gathered = 0;
        return new Uint8Array(native.digestBuffer());
      },
      release: () => {
        if (released) return;
        released = true;
        native?.reset();
        if (native) this.#idle.push(native);
        this.#rooms.push(room);
      },
    };
  }
}
