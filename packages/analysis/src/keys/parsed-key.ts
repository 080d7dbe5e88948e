/** What the bytes of a structure say, before anything is computed. All parts can be sent to another thread. */
import { hexOf } from "./fingerprint.js";

/** What kind of key or certificate it is. */
export type KeyKind = (typeof KEY_KINDS)[number];

/** All kinds. */
export const KEY_KINDS = ["aes", "chacha20", "rsa", "ec", "ed25519", "x25519", "certificate"] as const;

/** How it stands in memory. */
export type KeyForm =
  | "schedule"
  | "schedule-reversed"
  | "inverse-schedule"
  | "inverse-schedule-reversed"
  | "state"
  | "pkcs1"
  | "pkcs8"
  | "sec1"
  | "openssh"
  | "x509";

/** Curves of EC keys. */
export type CurveName = "P-256" | "P-384" | "P-521" | "secp256k1";

/** Numbers are big-endian without leading zeros, scalars and points as their formats have them. */
export type ParsedKey =
  | { readonly kind: "aes"; readonly secret: Uint8Array }
  | { readonly kind: "chacha20"; readonly secret: Uint8Array; readonly isProven: boolean }
  | RsaNumbers
  | (PrivateScalar & { readonly kind: "ec"; readonly curve: CurveName })
  | (PrivateScalar & { readonly kind: "ed25519" | "x25519" })
  | { readonly kind: "certificate"; readonly der: Uint8Array; readonly bits: number }
  | EncryptedKey;

interface Questionable {
  /** What contradicts the key in the rest of the structure. */
  readonly problem?: string;
}

interface PrivateScalar extends Questionable {
  readonly secret: Uint8Array;
  readonly publicKey?: Uint8Array;
}

export interface RsaNumbers extends Questionable {
  readonly kind: "rsa";
  readonly modulus: Uint8Array;
  readonly publicExponent: Uint8Array;
  readonly privateExponent: Uint8Array;
  readonly primes: readonly [Uint8Array, Uint8Array];
  /** The inverse of the second prime modulo the first. */
  readonly coefficient: Uint8Array;
  /** The private exponent modulo each prime less one; OpenSSH does not store them. */
  readonly exponents?: readonly [Uint8Array, Uint8Array];
}

/** A private key behind a passphrase: only its public key is known. */
interface EncryptedKey {
  readonly kind: "encrypted";
  readonly of: "rsa" | "ec" | "ed25519";
  readonly bits: number;
  /** The public key as fingerprints take it. */
  readonly publicKey: Uint8Array;
}

/** A structure that parses. */
export interface Candidate {
  /** Where it begins in the piece. */
  readonly offset: number;
  /** Bytes that it takes in memory. */
  readonly length: number;
  readonly form: KeyForm;
  /** Whether it stands in memory as text between BEGIN and END. */
  readonly pem: boolean;
  readonly key: ParsedKey;
  /** The structure, without PEM. */
  readonly bytes: Uint8Array;
}

/** Bytes of a scalar of each curve, and bits of a key. */
export const CURVES: Readonly<Record<CurveName, { readonly bytes: number; readonly bits: number }>> = {
  "P-256": { bytes: 32, bits: 256 },
  "P-384": { bytes: 48, bits: 384 },
  "P-521": { bytes: 66, bits: 521 },
  secp256k1: { bytes: 32, bits: 256 },
};

/** Sizes of a modulus that are looked for, in bytes: from 512 to 16,384 bits. */
const SHORTEST_MODULUS = 64;
const LONGEST_MODULUS = 2048;

/** Whether the sizes of the numbers are those of a key, so that arithmetic with them is quick. */
export function isSizedAsKey({ modulus, publicExponent, privateExponent, primes, coefficient }: RsaNumbers): boolean {
  return (
    modulus.length >= SHORTEST_MODULUS &&
    modulus.length <= LONGEST_MODULUS &&
    [publicExponent, privateExponent, ...primes, coefficient].every(({ length }) => length > 0 && length <= modulus.length)
  );
}

/** The problem of a structure with two copies of a public key that are not equal. */
export const OTHER_PUBLIC_KEY = "the structure has two public keys that differ";

/** The number whose most significant byte comes first. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${hexOf(bytes)}`);
}

/** Bits of a number without leading zero bytes. */
export function bitLength(bytes: Uint8Array): number {
  return 8 * bytes.length - Math.clz32(bytes[0] ?? 0) + 24;
}
