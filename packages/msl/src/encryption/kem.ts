/**
 * Key encapsulation (specification, KeyEncap). Keys, ciphertexts and shared secrets of the hybrid are those of X25519, followed by those of
 * ML-KEM-768.
 */
import { x25519 } from "@noble/curves/ed25519.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { ml_kem768, ml_kem1024 } from "@noble/post-quantum/ml-kem.js";
import { concatenated } from "../bytes.js";
import { MslError } from "../errors.js";
import { codeName } from "../format/codes.js";
import { CONTENT_KEY_SIZE, KEY_ENCAP, type KemCode, KeyEncap, kemSizes } from "../format/encryption-extension.js";

/**
 * The keys of a recipient, raw bytes as the mechanism defines them. Capture writers need the public key, readers the private
 * one.
 */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export interface Encapsulated {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

interface Mechanism {
  /** Random bytes that `encapsulate` takes. */
  readonly encapsulationSeed: number;
  /** Random bytes that `keyPair` takes. */
  readonly keySeed: number;
  keyPair(seed: Uint8Array): KeyPair;
  encapsulate(publicKey: Uint8Array, seed: Uint8Array): Encapsulated;
  decapsulate(ciphertext: Uint8Array, privateKey: Uint8Array): Uint8Array;
}

const X25519: Mechanism = {
  encapsulationSeed: 32,
  keySeed: 32,
  keyPair: (seed) => ({ publicKey: x25519.getPublicKey(seed), privateKey: new Uint8Array(seed) }),
  encapsulate: (publicKey, seed) => ({
    ciphertext: x25519.getPublicKey(seed),
    sharedSecret: x25519.getSharedSecret(seed, publicKey),
  }),
  decapsulate: (ciphertext, privateKey) => x25519.getSharedSecret(privateKey, ciphertext),
};

function mlKem(kem: typeof ml_kem768): Mechanism {
  return {
    encapsulationSeed: 32,
    keySeed: 64,
    keyPair(seed) {
      const { publicKey, secretKey } = kem.keygen(seed);
      return { publicKey, privateKey: secretKey };
    },
    encapsulate(publicKey, seed) {
      const { cipherText, sharedSecret } = kem.encapsulate(publicKey, seed);
      return { ciphertext: cipherText, sharedSecret };
    },
    decapsulate: (ciphertext, privateKey) => kem.decapsulate(ciphertext, privateKey),
  };
}

function hybrid(first: Mechanism, second: Mechanism): Mechanism {
  const sizes = kemSizes(KeyEncap.X25519);
  return {
    encapsulationSeed: first.encapsulationSeed + second.encapsulationSeed,
    keySeed: first.keySeed + second.keySeed,
    keyPair(seed) {
      const a = first.keyPair(seed.subarray(0, first.keySeed));
      const b = second.keyPair(seed.subarray(first.keySeed));
      return {
        publicKey: concatenated([a.publicKey, b.publicKey]),
        privateKey: concatenated([a.privateKey, b.privateKey]),
      };
    },
    encapsulate(publicKey, seed) {
      const a = first.encapsulate(publicKey.subarray(0, sizes.publicKey), seed.subarray(0, first.encapsulationSeed));
      const b = second.encapsulate(publicKey.subarray(sizes.publicKey), seed.subarray(first.encapsulationSeed));
      return {
        ciphertext: concatenated([a.ciphertext, b.ciphertext]),
        sharedSecret: concatenated([a.sharedSecret, b.sharedSecret]),
      };
    },
    decapsulate(ciphertext, privateKey) {
      const a = first.decapsulate(ciphertext.subarray(0, sizes.ciphertext), privateKey.subarray(0, sizes.privateKey));
      const b = second.decapsulate(ciphertext.subarray(sizes.ciphertext), privateKey.subarray(sizes.privateKey));
      return concatenated([a, b]);
    },
  };
}

const ML_KEM_768 = mlKem(ml_kem768);

const MECHANISMS: Readonly<Record<KemCode, Mechanism>> = {
  [KeyEncap.X25519]: X25519,
  [KeyEncap.MlKem768]: ML_KEM_768,
  [KeyEncap.MlKem1024]: mlKem(ml_kem1024),
  [KeyEncap.X25519MlKem768]: hybrid(X25519, ML_KEM_768),
};

/** The seed of a key pair, from the platform's random generator. */
export function newKeySeed(mechanism: KemCode): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(MECHANISMS[mechanism].keySeed));
}

/** Bytes that `encapsulate` takes. */
export function encapsulationSeedSize(mechanism: KemCode): number {
  return MECHANISMS[mechanism].encapsulationSeed;
}

export function keyPairOf(mechanism: KemCode, seed: Uint8Array): KeyPair {
  return MECHANISMS[mechanism].keyPair(seed);
}

/** Throws `bad-key` for a public key of another length, and for one that fails the mechanism's own checks. */
export function encapsulate(mechanism: KemCode, publicKey: Uint8Array, seed: Uint8Array): Encapsulated {
  requireLength(mechanism, "public", publicKey.length, kemSizes(mechanism).publicKey);
  try {
    return MECHANISMS[mechanism].encapsulate(publicKey, seed);
  } catch {
    throw new MslError("bad-key", `The public key is not a valid ${codeName(KEY_ENCAP, mechanism)} key`);
  }
}

/**
 * The shared secret; undefined if the mechanism refuses, because the key or the ciphertext is wrong (which of them cannot be determined).
 * Throws `bad-key` for a private key of another length.
 */
export function decapsulate(mechanism: KemCode, ciphertext: Uint8Array, privateKey: Uint8Array): Uint8Array | undefined {
  requireLength(mechanism, "private", privateKey.length, kemSizes(mechanism).privateKey);
  try {
    return MECHANISMS[mechanism].decapsulate(ciphertext, privateKey);
  } catch {
    return undefined;
  }
}

function requireLength(mechanism: KemCode, kind: "public" | "private", found: number, expected: number): void {
  if (found === expected) return;
  const name = codeName(KEY_ENCAP, mechanism);
  throw new MslError("bad-key", `The ${kind} key has ${found} bytes, but one of ${name} has ${expected}`);
}

const INFO = new TextEncoder().encode("MSL-CEK-v1");

/**
 * Derives the content key from the shared secret of a KEM: HKDF (RFC 5869) over HMAC with BLAKE3 (specification, key derivation from a KEM).
 * `dumpUuid`: the 16 bytes as stored.
 */
export function contentKeyOfSecret(sharedSecret: Uint8Array, dumpUuid: Uint8Array): Uint8Array {
  return hkdf(blake3, sharedSecret, dumpUuid, INFO, CONTENT_KEY_SIZE);
}
