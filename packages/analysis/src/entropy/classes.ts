/**
 * What a window of memory holds, by how often each byte value occurs in it. The rule, of which the first line that applies decides:
 *
 *   zero                   every byte is 0
 *   constant               every byte has the same other value
 *   compressed-or-random   at least 256 bytes, and the entropy is at most 0.3 bits below that of random bytes of this length
 *   text                   9 of 10 bytes are printable ASCII, tabs or line breaks; or 9 of 20 are, and with the zeros they make 19 of 20 (UTF-16)
 *   code                   an entropy of at least 4 bits, and 16 of 100 bytes are values that machine code of x86-64 uses most
 *   other                  anything else: pointers, tables, numbers, text of other scripts, machine code of other processors
 *
 * How often the rule is right about known data stands in the README of this package, and is measured by its test.
 */

/** Classes of windows, by their number. */
export const WINDOW_CLASSES = ["zero", "constant", "compressed-or-random", "text", "code", "other"] as const;

/** The name of a class of windows. */
export type WindowClass = (typeof WINDOW_CLASSES)[number];

const numberOf = (name: WindowClass) => WINDOW_CLASSES.indexOf(name);
const ZERO = numberOf("zero");
const CONSTANT = numberOf("constant");
const RANDOM = numberOf("compressed-or-random");
const TEXT = numberOf("text");
const CODE = numberOf("code");
const OTHER = numberOf("other");

/** Fewer bytes do not tell random bytes from others. */
const LEAST_RANDOM_BYTES = 256;
const RANDOM_GAP = 0.3;
const LEAST_CODE_ENTROPY = 4;
const CODE_SHARE = 0.16;
/** Values frequent in machine code of x86-64: prefixes of 64-bit operands, moves, address computation, two-byte opcodes, call, return. */
export const CODE_BYTES = [0x0f, 0x24, 0x41, 0x48, 0x4c, 0x83, 0x85, 0x89, 0x8b, 0x8d, 0xc3, 0xc7, 0xe8];

/** Tab, line breaks, and printable ASCII. */
export const PRINTABLE_BYTES = [0x09, 0x0a, 0x0d, ...Array.from({ length: 0x5f }, (_, i) => 0x20 + i)];

/** Expected entropies by number of bytes are held for this number of lengths. */
const MOST_LENGTHS = 256;
/** Terms of counts up to this number are held. */
export const LARGEST_KEPT = 1 << 16;

/** What the entropy and the class of a window depend on. */
export interface WindowTally {
  /** The sum of `count * log2(count)` over the counts of all byte values. */
  readonly sum: number;
  /** Bytes that are 0. */
  readonly zeros: number;
  /** Printable ASCII, tabs and line breaks. */
  readonly printable: number;
  /** Values frequent in machine code. */
  readonly code: number;
  /** Whether all bytes are equal. */
  readonly isConstant: boolean;
}

/** Entropy and class from tallies, and tallies from counts. Holds tables, and no state that an answer depends on. */
export class WindowMeasure {
  /** `count * log2(count)` by count. */
  readonly terms: Float64Array;
  readonly #randomEntropies = new Map<number, number>();

  /** `windowBytes`: the length of most windows. */
  constructor(windowBytes: number) {
    this.terms = Float64Array.from({ length: Math.min(windowBytes, LARGEST_KEPT) + 1 }, (_, count) => term(count));
  }

  /** The tally of `bytes` bytes with these 256 counts. The sum has the order of `Tallies` of @memslice/core-wasm/scan, so that it is the same number. */
  tallyOf(counts: Uint32Array, bytes: number): WindowTally {
    // Four sums: an addition to one waits for the one before.
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let i = 0; i < 256; i += 4) {
      first += this.#term(counts[i] ?? 0);
      second += this.#term(counts[i + 1] ?? 0);
      third += this.#term(counts[i + 2] ?? 0);
      fourth += this.#term(counts[i + 3] ?? 0);
    }
    const bytesOf = (set: readonly number[]) => set.reduce((sum, value) => sum + (counts[value] ?? 0), 0);
    return {
      sum: first + second + (third + fourth),
      zeros: counts[0] ?? 0,
      printable: bytesOf(PRINTABLE_BYTES),
      code: bytesOf(CODE_BYTES),
      isConstant: counts.includes(bytes),
    };
  }

  /** Shannon entropy of `bytes` bytes with this tally, in bits per byte, 0 to 8. */
  entropy({ sum, zeros }: WindowTally, bytes: number): number {
    return zeros === bytes ? 0 : Math.max(0, Math.log2(bytes) - sum / bytes);
  }

  /** The number of the class, from the tally and its `entropy`. */
  classOf({ zeros, printable, code, isConstant }: WindowTally, bytes: number, entropy: number): number {
    if (zeros === bytes) return ZERO;
    if (isConstant) return CONSTANT;
    if (bytes >= LEAST_RANDOM_BYTES && entropy >= this.#randomEntropy(bytes) - RANDOM_GAP) return RANDOM;
    if (10 * printable >= 9 * bytes || (20 * printable >= 9 * bytes && 20 * (printable + zeros) >= 19 * bytes)) return TEXT;
    return entropy >= LEAST_CODE_ENTROPY && code >= CODE_SHARE * bytes ? CODE : OTHER;
  }

  #term(count: number): number {
    return count < this.terms.length ? (this.terms[count] ?? 0) : term(count);
  }

  #randomEntropy(bytes: number): number {
    const known = this.#randomEntropies.get(bytes);
    if (known !== undefined) return known;
    if (this.#randomEntropies.size >= MOST_LENGTHS) this.#randomEntropies.clear();
    const entropy = expectedEntropy(bytes);
    this.#randomEntropies.set(bytes, entropy);
    return entropy;
  }
}

function term(count: number): number {
  return count > 1 ? count * Math.log2(count) : 0;
}

/**
 * The expected entropy of uniformly random bytes: the count of each value has a binomial distribution. For many bytes, the first term of the bias of
 * the estimate (G. A. Miller, "Note on the bias of information estimates", 1955).
 */
function expectedEntropy(bytes: number): number {
  if (bytes > LARGEST_KEPT) return 8 - 255 / (2 * bytes * Math.LN2);
  const chance = 1 / 256;
  const mean = bytes * chance;
  const most = Math.min(bytes, mean + 20 * Math.sqrt(mean) + 20);
  let logarithm = bytes * Math.log1p(-chance);
  let sum = 0;
  for (let count = 0; count <= most; count++) {
    sum += Math.exp(logarithm) * term(count);
    logarithm += Math.log(((bytes - count) / (count + 1)) * (chance / (1 - chance)));
  }
  return Math.log2(bytes) - (256 * sum) / bytes;
}
