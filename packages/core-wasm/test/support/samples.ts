/** Inputs of tests, the same in every run. */

/** Random numbers (xorshift32) that a seed determines, so that a failing case fails again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) | 1;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * limit);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

const WORDS = "the page at base address holds a captured region of process memory, heap and stack\n".split(" ");

export function text(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  let line = "";
  while (line.length < length) line += `${WORDS[random.below(WORDS.length)]} `;
  return new TextEncoder().encode(line.slice(0, length));
}

/** 4 KiB pages like those of a process: a third of zeros, the others with pointers, records, text or random bytes. */
export function memoryLike(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let page = 0; page < length; page += 4096) {
    const end = Math.min(page + 4096, length);
    const kind = random.below(9);
    if (kind < 3) continue;
    if (kind === 8) bytes.set(random.bytes(end - page), page);
    else if (kind === 7) bytes.set(text(end - page, page + seed), page);
    else {
      const step = kind === 3 ? 16 : 8 * kind;
      for (let at = page; at + 16 <= end; at += step) {
        view.setUint32(at, random.below(4096) * 16, true);
        view.setUint32(at + 4, 0x7f3a, true);
        if (kind > 4) view.setUint32(at + 8, at, true);
      }
    }
  }
  return bytes;
}

interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const BLOCK = 128 * 1024;

/** All kinds of content, at lengths around the formats' own borders. */
export function samples(): Sample[] {
  const kinds: [string, (length: number) => Uint8Array<ArrayBuffer>][] = [
    ["zeros", (length) => new Uint8Array(length)],
    ["random", (length) => new Random(length).bytes(length)],
    ["text", (length) => text(length)],
    ["memory", (length) => memoryLike(length, 3)],
    ["period", (length) => Uint8Array.from({ length }, (_, i) => (i % 3) + (i % 7))],
  ];
  const lengths = [1, 2, 1000, 65_535, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3, 700_001];
  const all = kinds.flatMap(([kind, make]) => lengths.map((length) => ({ name: `${kind} ${length}`, bytes: make(length) })));
  return [{ name: "empty", bytes: new Uint8Array() }, ...all, { name: "memory 3 MiB", bytes: memoryLike(3 << 20, 9) }];
}

export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.replaceAll(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A copy with one bit changed. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const flipped = Uint8Array.from(bytes);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}
