/** The order of matches at borders of windows: a short match in the bytes that two windows share, and a long one that begins before it. */
import { describe, expect, it } from "vitest";
import { FlatMemory, type Memory, type MemoryContent, search, textPattern } from "../../src/index.js";

/** A window of memory. */
const WINDOW = 1 << 20;

/** A run of `L` across each border, and a short text before, in and behind it. */
function planted(windows: number) {
  const bytes = new Uint8Array(windows * WINDOW + 5000);
  const long = new Uint8Array(1000).fill(0x4c);
  for (let border = WINDOW; border < bytes.length; border += WINDOW - 999) {
    bytes.set(long, border - 500);
    for (const at of [-1100, -900, -510, 490, 505, 900]) bytes.set(Buffer.from("short"), border + at);
    bytes.set(Buffer.from("short"), border - 300);
  }
  return bytes;
}

/** All matches by a look at every address, in the order of addresses. */
function naive(bytes: Uint8Array, patterns: readonly Uint8Array[]): string[] {
  const whole = Buffer.from(bytes.buffer);
  const found: [number, number][] = [];
  for (const [index, pattern] of patterns.entries()) {
    for (let at = whole.indexOf(pattern); at >= 0; at = whole.indexOf(pattern, at + 1)) found.push([at, index]);
  }
  return found.sort(([a, i], [b, j]) => a - b || i - j).map(([at, index]) => `${at} ${index}`);
}

async function found(memory: Memory, patterns: Parameters<typeof search>[1], options: Parameters<typeof search>[2]) {
  const list: string[] = [];
  for await (const batch of search(memory, patterns, options))
    for (const { address, pattern } of batch) list.push(`${address} ${pattern}`);
  return list;
}

describe("matches of patterns of different lengths", () => {
  const bytes = planted(4);
  // The long pattern is broken by the short text: it matches with wildcards there.
  const long = bytes.slice(WINDOW - 500, WINDOW + 500);
  const others = Array.from({ length: 10 }, (_, i) => textPattern(`no such text ${i}`));
  const sets = [
    ["two", [{ name: "long", values: long, masks: new Uint8Array(long.length).fill(0xff) }, textPattern("short")]],
    ["many", [{ name: "long", values: long, masks: new Uint8Array(long.length).fill(0xff) }, textPattern("short"), ...others]],
  ] as const;

  it.each(sets)("come in the order of addresses, each once, at all borders of windows: %s patterns", async (_, patterns) => {
    const expected = naive(
      bytes,
      patterns.map(({ values }) => values),
    );
    expect(expected.filter((one) => one.endsWith(" 0")).length).toBeGreaterThan(2);
    for (const threads of [1, 3]) {
      expect(await found(new FlatMemory(bytes, 0n), patterns, { threads })).toEqual(expected);
      for (const limit of [1, 3, 4, 5, 11]) {
        expect(await found(new FlatMemory(bytes, 0n), patterns, { threads, limit })).toEqual(expected.slice(0, limit));
      }
    }
  });
});

/** A memory whose ranges go on over bytes that cannot be read: a process that runs. */
class LosingMemory implements Memory {
  readonly #bytes: Uint8Array;
  readonly #holes: readonly (readonly [start: number, end: number])[];

  constructor(bytes: Uint8Array, holes: readonly (readonly [number, number])[]) {
    this.#bytes = bytes;
    this.#holes = holes;
  }

  async *ranges(from = 0n, to = 1n << 64n) {
    const end = BigInt(this.#bytes.length);
    const range = { start: from, end: to < end ? to : end };
    if (range.start < range.end) yield range;
  }

  async readInto(target: Uint8Array, address: bigint): Promise<MemoryContent> {
    const start = Number(address);
    const segments: MemoryContent["segments"][number][] = [];
    for (let at = start; at < start + target.length; ) {
      const inside = this.#holes.find(([from, to]) => from <= at && at < to);
      const next = this.#holes.find(([from]) => from > at)?.[0] ?? Number.POSITIVE_INFINITY;
      const end = Math.min(inside ? inside[1] : next, start + target.length);
      const part = target.subarray(at - start, end - start);
      if (!inside) part.set(this.#bytes.subarray(at, end));
      segments.push({
        address: BigInt(at),
        length: end - at,
        ...(inside ? { state: "failed" } : { state: "captured", bytes: part }),
      });
      at = end;
    }
    return { segments };
  }
}

it.each([
  ["in the bytes that two windows share", [[WINDOW - 400, WINDOW - 300]]],
  ["at the border", [[WINDOW, WINDOW + 100]]],
  ["before the border", [[WINDOW - 100, WINDOW]]],
  ["at the first of the shared bytes", [[WINDOW - 999, WINDOW - 990]]],
  [
    "twice in the shared bytes",
    [
      [WINDOW - 800, WINDOW - 700],
      [WINDOW - 200, WINDOW - 100],
    ],
  ],
] as const)("every match beside a hole comes once, with bytes that cannot be read %s", async (_, holes) => {
  const bytes = new Uint8Array(WINDOW + 9000);
  for (let at = WINDOW - 1500; at < WINDOW + 1500; at += 7) bytes.set(Buffer.from("short"), at);
  const long = textPattern("x".repeat(1000));
  const apart = (at: number) => holes.every(([from, to]) => at + 5 <= from || at >= to);
  const expected = naive(bytes, [Buffer.from("short")])
    .map((one) => Number(one.split(" ")[0]))
    .filter(apart)
    .map((at) => `${at} 0`);
  expect(await found(new LosingMemory(bytes, holes), [textPattern("short"), long], { threads: 1 })).toEqual(expected);
});
