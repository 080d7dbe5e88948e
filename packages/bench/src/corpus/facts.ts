/** Facts about an invented process, determined by a seed and the name of a capture. */
import { Random } from "../captures/random.js";

/** 2026-01-15 08:00 UTC. */
const FIRST_TIME_NS = 1_768_464_000_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const SEVEN_DAYS = 7 * 24 * 3600;
/** Address of the first mapping of a process, and the gap between two mappings. */
const FIRST_ADDRESS = 0x7f3a_0000_0000n;
const GAP = 0x10_0000n;

/** Random stream of the facts: keeps them from shifting the random numbers of other uses. */
const FACTS_STREAM = 0;

export class Facts {
  /** Seed of the memory of the capture. */
  readonly memorySeed: number;
  readonly random: Random;
  #time: bigint;
  #address = FIRST_ADDRESS;

  constructor(seed: number, name: string) {
    const own = new Random(seed, numberOf(name), FACTS_STREAM);
    this.memorySeed = own.u32();
    this.random = own;
    this.#time = FIRST_TIME_NS + BigInt(own.below(SEVEN_DAYS)) * SECOND_NS;
  }

  /** A UUID of version 4 (RFC 9562). */
  uuid(): string {
    const bytes = this.random.bytes(16);
    bytes[6] = 0x40 | ((bytes[6] ?? 0) & 0x0f);
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  /** A time up to a second later than the one before, in nanoseconds since 1970 UTC. */
  nextTime(): bigint {
    this.#time += 1n + BigInt(this.random.below(999_999_999));
    return this.#time;
  }

  /** A time long before the acquisition. */
  earlierTime(): bigint {
    return FIRST_TIME_NS - BigInt(1 + this.random.below(SEVEN_DAYS)) * SECOND_NS - BigInt(this.random.below(1_000_000_000));
  }

  /** The address of `size` bytes after all earlier ones, with a gap between them; a multiple of the page size. */
  nextAddress(size: bigint, pageSizeLog2: number): bigint {
    const page = 1n << BigInt(pageSizeLog2);
    const address = ((this.#address + page - 1n) / page) * page;
    this.#address = address + size + GAP;
    return address;
  }

  pid(): number {
    return 1000 + this.random.below(4_000_000);
  }
}

/** FNV-1a hash of the character codes. */
function numberOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
