/** Whether the numbers of a key belong together: arithmetic over what a structure says. */
import { runInSlices, TimeSlice } from "@memslice/msl/work";
import { isEqual } from "./der.js";
import { hexOf } from "./fingerprint.js";
import { bitLength, CURVES, numberOf, type ParsedKey, type RsaNumbers } from "./parsed-key.js";
import { publicKeys } from "./public-points.js";

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
  /** What contradicts what. */
  readonly problem?: string;
}

/** Microseconds of little work, and of arithmetic for each byte of a modulus. */
const UNITS = 2;
const RSA_UNITS_PER_BYTE = 0.25;
/** Points that are kept: one key may stand in memory many times. */
const MOST_KEPT = 1024;

type CurveKey = Extract<ParsedKey, { readonly kind: "ec" | "ed25519" | "x25519" }>;

/** Proves keys one after the other, in slices. */
export class Prover {
  readonly #slice: TimeSlice;
  readonly #points = new Map<string, Uint8Array | undefined>();
  /** Points that may still be computed: each takes milliseconds. */
  #pointsLeft: number;

  constructor(mostPoints: number, signal: AbortSignal | undefined) {
    this.#pointsLeft = mostPoints;
    this.#slice = new TimeSlice(signal);
  }

  /** Undefined for numbers that are no key; "given up" if the most points have been computed. Throws `aborted`. */
  async prove(key: ParsedKey): Promise<ProvenKey | "given up" | undefined> {
    if (this.#slice.isSpent(key.kind === "rsa" ? key.modulus.length * RSA_UNITS_PER_BYTE : UNITS)) await this.#slice.renew();
    switch (key.kind) {
      case "aes":
        return { proof: "arithmetic", bits: 8 * key.secret.length, identity: key.secret };
      case "chacha20":
        return { proof: key.isProven ? "structure" : "layout", bits: 8 * key.secret.length, identity: key.secret };
      case "certificate":
        return { proof: "structure", bits: key.bits, identity: key.der };
      case "encrypted":
        return { proof: "structure", bits: key.bits, identity: key.publicKey };
      case "rsa":
        return told(rsaProblem(key), key.problem, { bits: bitLength(key.modulus), identity: key.modulus });
      default:
        return this.#curveKey(key);
    }
  }

  async #curveKey(key: CurveKey): Promise<ProvenKey | "given up" | undefined> {
    const computed = await this.#point(key);
    if (typeof computed !== "object") return computed;
    const bits = key.kind === "ec" ? CURVES[key.curve].bits : 256;
    const isOther = key.publicKey !== undefined && !isPoint(key.publicKey, computed);
    const problem = isOther ? "the public key in the structure is not that of the private key" : undefined;
    const proven = told(problem, key.problem, { bits, identity: computed });
    return key.publicKey ? proven : { ...proven, proof: "structure" };
  }

  async #point(key: CurveKey): Promise<Uint8Array | "given up" | undefined> {
    const curve = key.kind === "ec" ? key.curve : key.kind;
    const name = `${curve} ${hexOf(key.secret)}`;
    if (this.#points.has(name)) return this.#points.get(name);
    if (this.#pointsLeft-- <= 0) return "given up";
    const publicKeyOf = await publicKeys(curve);
    const point = await runInSlices(publicKeyOf(key.secret), undefined, this.#slice);
    if (this.#points.size >= MOST_KEPT) this.#points.clear();
    this.#points.set(name, point);
    return point;
  }
}

/** `arithmetic`: what contradicts the key itself. `other`: what contradicts it elsewhere in the structure. */
function told(arithmetic: string | undefined, other: string | undefined, rest: Pick<ProvenKey, "bits" | "identity">): ProvenKey {
  const problem = [arithmetic, other].filter((one) => one !== undefined).join("; ");
  return { proof: arithmetic === undefined ? "arithmetic" : "structure", ...rest, ...(problem !== "" && { problem }) };
}

/** n = p * q, e * d = 1 modulo p-1 and q-1, and the numbers that speed up decryption. */
function rsaProblem({
  modulus,
  publicExponent,
  privateExponent,
  primes,
  exponents,
  coefficient,
}: RsaNumbers): string | undefined {
  const [p, q] = [numberOf(primes[0]), numberOf(primes[1])];
  if (p <= 1n || q <= 1n || p * q !== numberOf(modulus)) return "the modulus is not the product of the primes";
  const [e, d] = [numberOf(publicExponent), numberOf(privateExponent)];
  if (e <= 1n || (e * d) % (p - 1n) !== 1n || (e * d) % (q - 1n) !== 1n) return "the exponents are not inverse to each other";
  if ((q * numberOf(coefficient)) % p !== 1n) return "the coefficient is not the inverse of the second prime";
  const isRight = !exponents || (numberOf(exponents[0]) === d % (p - 1n) && numberOf(exponents[1]) === d % (q - 1n));
  return isRight ? undefined : "the exponents for the primes are not those of the private exponent";
}

/** Whether a stored point is the computed one, in either form: a compressed one has the parity of y and x. */
function isPoint(stored: Uint8Array, computed: Uint8Array): boolean {
  if (isEqual(stored, computed)) return true;
  const half = (computed.length - 1) / 2;
  const parity = 2 + ((computed.at(-1) ?? 0) & 1);
  return stored.length === half + 1 && stored[0] === parity && isEqual(stored.subarray(1), computed.subarray(1, half + 1));
}
