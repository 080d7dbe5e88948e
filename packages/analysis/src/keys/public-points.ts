/**
 * Public points of private keys, in steps: a multiplication takes milliseconds, and the table that makes it that fast some tens of them. The code
 * takes different times for different keys, which is no risk where the key lies open in memory.
 */
import type { SlicedWork } from "@memslice/msl/work";
import { type CurveName, numberOf } from "./parsed-key.js";

/** Ed25519 and X25519 keys have points of one curve. */
type Curve = CurveName | "ed25519" | "x25519";

/** The public key of a private key, as formats store it, uncompressed; undefined for a number that is no private key. */
type PublicKeyOf = (secret: Uint8Array) => SlicedWork<Uint8Array | undefined>;

/** The part of a point of @noble/curves that is used here. */
interface Point<P> {
  add(other: P): P;
}

/** The bits of a scalar that one row of the table is for. */
const ROW_BITS = 4;
const LAST_DIGIT = (1 << ROW_BITS) - 1;
/** Microseconds of the additions of a row; rows between two steps of a multiplication. */
const ROW_UNITS = 150;
const ROWS_PER_STEP = 16;

const loaded = new Map<Curve, Promise<PublicKeyOf>>();

/** The computation for a curve. Its table is kept. */
export function publicKeys(curve: Curve): Promise<PublicKeyOf> {
  const known = loaded.get(curve) ?? load(curve);
  loaded.set(curve, known);
  return known;
}

async function load(curve: Curve): Promise<PublicKeyOf> {
  if (curve === "ed25519" || curve === "x25519") return loadEdwards(curve);
  const { secp256k1 } = await import("@noble/curves/secp256k1.js");
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  const { Point, utils } = { "P-256": p256, "P-384": p384, "P-521": p521, secp256k1 }[curve];
  const multiples = new Multiples(Point.BASE, Point.ZERO, Point.Fn.BITS);
  return function* (secret) {
    if (!utils.isValidSecretKey(secret)) return undefined;
    const point = yield* multiples.times(numberOf(secret));
    return point.toBytes(false);
  };
}

async function loadEdwards(curve: "ed25519" | "x25519"): Promise<PublicKeyOf> {
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  const multiples = new Multiples(ed25519.Point.BASE, ed25519.Point.ZERO, 256);
  return function* (secret) {
    // RFC 8032, 5.1.5: the scalar is hashed and clamped; RFC 7748, 5: it is clamped.
    const scalar = curve === "ed25519" ? ed25519.utils.toMontgomerySecret(secret) : clamped(secret);
    const point = yield* multiples.times(numberOf(scalar.reverse()));
    return curve === "ed25519" ? point.toBytes() : ed25519.utils.toMontgomery(point.toBytes());
  };
}

/** RFC 7748, 5: a multiple of 8 between 2^254 and 2^255. */
function clamped(secret: Uint8Array): Uint8Array {
  const scalar = secret.slice();
  scalar[0] = (scalar[0] ?? 0) & 0xf8;
  scalar[31] = ((scalar[31] ?? 0) & 0x7f) | 0x40;
  return scalar;
}

/** Multiples of a base point: a row for each 4 bits of a scalar, so that a multiplication is an addition for each row. */
class Multiples<P extends Point<P>> {
  readonly #base: P;
  readonly #zero: P;
  readonly #bits: number;
  #rows: readonly (readonly P[])[] | undefined;

  constructor(base: P, zero: P, bits: number) {
    this.#base = base;
    this.#zero = zero;
    this.#bits = bits;
  }

  /** The multiple by a number of `bits` bits at most. */
  *times(scalar: bigint): SlicedWork<P> {
    this.#rows ??= yield* this.#table();
    let sum = this.#zero;
    let left = scalar;
    for (const [i, row] of this.#rows.entries()) {
      const point = row[Number(left & BigInt(LAST_DIGIT)) - 1];
      if (point) sum = sum.add(point);
      left >>= BigInt(ROW_BITS);
      if (i % ROWS_PER_STEP === 0) yield ROW_UNITS;
    }
    yield ROW_UNITS;
    return sum;
  }

  *#table(): SlicedWork<P[][]> {
    const rows: P[][] = [];
    let base = this.#base;
    for (let bit = 0; bit < this.#bits; bit += ROW_BITS) {
      const row = [base];
      let last = base;
      while (row.length < LAST_DIGIT) {
        last = last.add(base);
        row.push(last);
      }
      rows.push(row);
      base = last.add(base);
      yield ROW_UNITS;
    }
    return rows;
  }
}
