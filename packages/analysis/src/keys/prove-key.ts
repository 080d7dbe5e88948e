/** Whether the numbers of a key belong together: arithmetic over what a structure says. */
import { isEqual } from "./der.js";
import { bitLength, CURVES, type CurveName, type ParsedKey, type RsaNumbers } from "./parsed-key.js";

/**
 * What shows that a key is one. arithmetic: its parts were computed from each other. structure: every field and length of the format is right. layout:
 * nothing but a constant before it.
 */
export type KeyProof = "arithmetic" | "structure" | "layout";

export interface ProvenKey {
  readonly proof: KeyProof;
  readonly bits: number;
  /** What a fingerprint is computed of: the key if it is symmetric, else the public key; of a certificate all of it. */
  readonly identity: Uint8Array;
  /** Work that the proof cost, in units of a `TimeSlice`. */
  readonly units: number;
}

/** About a microsecond each. */
const CURVE_UNITS = 2000;
const RSA_UNITS = 50;

/** Undefined if the parts of the key contradict each other. */
export async function proveKey(key: ParsedKey): Promise<ProvenKey | undefined> {
  switch (key.kind) {
    case "aes":
      return { proof: "arithmetic", bits: 8 * key.secret.length, identity: key.secret, units: 1 };
    case "chacha20":
      return { proof: key.isProven ? "structure" : "layout", bits: 8 * key.secret.length, identity: key.secret, units: 1 };
    case "certificate":
      return { proof: "structure", bits: key.bits, identity: key.der, units: 1 };
    case "encrypted":
      return { proof: "structure", bits: key.bits, identity: key.publicKey, units: 1 };
    case "rsa":
      return isRsaKey(key)
        ? { proof: "arithmetic", bits: bitLength(key.modulus), identity: key.modulus, units: RSA_UNITS }
        : undefined;
    default: {
      const computed = key.kind === "ec" ? await pointOf(key.curve, key.secret) : await edwardsPoint(key.kind, key.secret);
      if (!computed || (key.publicKey && !isPoint(key.publicKey, computed))) return undefined;
      const bits = key.kind === "ec" ? CURVES[key.curve].bits : 256;
      return { proof: key.publicKey ? "arithmetic" : "structure", bits, identity: computed, units: CURVE_UNITS };
    }
  }
}

/** n = p * q, e * d = 1 modulo p-1 and q-1, and the numbers that speed up decryption. */
function isRsaKey({ modulus, publicExponent, privateExponent, primes, exponents, coefficient }: RsaNumbers): boolean {
  const [p, q] = [number(primes[0]), number(primes[1])];
  if (p <= 1n || q <= 1n || p * q !== number(modulus)) return false;
  const [e, d] = [number(publicExponent), number(privateExponent)];
  if (e <= 1n || (e * d) % (p - 1n) !== 1n || (e * d) % (q - 1n) !== 1n || (q * number(coefficient)) % p !== 1n) return false;
  return !exponents || (number(exponents[0]) === d % (p - 1n) && number(exponents[1]) === d % (q - 1n));
}

function number(bytes: Uint8Array): bigint {
  let hex = "0x0";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}

/** The uncompressed point of a scalar; undefined for a scalar out of range. */
async function pointOf(curve: CurveName, secret: Uint8Array): Promise<Uint8Array | undefined> {
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  const { secp256k1 } = await import("@noble/curves/secp256k1.js");
  const curves = { "P-256": p256, "P-384": p384, "P-521": p521, secp256k1 };
  const chosen = curves[curve];
  return chosen.utils.isValidSecretKey(secret) ? chosen.getPublicKey(secret, false) : undefined;
}

async function edwardsPoint(kind: "ed25519" | "x25519", secret: Uint8Array): Promise<Uint8Array> {
  const curves = await import("@noble/curves/ed25519.js");
  return curves[kind].getPublicKey(secret);
}

/** Whether a stored point is the computed one, in either form: a compressed one has the parity of y and x. */
function isPoint(stored: Uint8Array, computed: Uint8Array): boolean {
  if (isEqual(stored, computed)) return true;
  const half = (computed.length - 1) / 2;
  const parity = 2 + ((computed.at(-1) ?? 0) & 1);
  return stored.length === half + 1 && stored[0] === parity && isEqual(stored.subarray(1), computed.subarray(1, half + 1));
}
