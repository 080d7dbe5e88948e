/** Bounds of questions: what makes no sense is refused, and a limit that was reached is told. */
import { describe, expect, it } from "vitest";
import {
  type Coverage,
  entropy,
  FlatMemory,
  findKeys,
  hexPattern,
  type Memory,
  pointersTo,
  search,
  strings,
} from "../../src/index.js";

interface Bounds {
  readonly from?: bigint;
  readonly to?: bigint;
  readonly limit?: number;
}

type Question = (memory: Memory, bounds: Bounds) => AsyncIterable<unknown> & { readonly coverage: Coverage };

const QUESTIONS: readonly (readonly [string, Question])[] = [
  ["search", (memory, bounds) => search(memory, [hexPattern("41")], bounds)],
  ["strings", (memory, bounds) => strings(memory, { ...bounds, minimum: 1, encodings: ["ascii"] })],
  ["pointersTo", (memory, bounds) => pointersTo(memory, 0x4141414141414141n, bounds)],
  ["entropy", (memory, bounds) => entropy(memory, { ...bounds, windowBytes: 64 })],
  ["findKeys", (memory, bounds) => findKeys(memory, bounds)],
];

describe.each(QUESTIONS)("%s", (name, ask) => {
  const memory = new FlatMemory(new Uint8Array(256).fill(0x41), 0n);

  it.each([
    { limit: 0 },
    { limit: -1 },
    { limit: 1.5 },
    { limit: Number.NaN },
    { from: -1n },
    { to: (1n << 64n) + 1n },
    { from: 2n, to: 1n },
  ])("refuses the bounds %o", (bounds) => {
    expect(() => ask(memory, bounds)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("is complete without a limit, and not if it ended at one, also in bytes that it looked at", async () => {
    const coverageOf = async (bounds: Bounds) => {
      const asked = ask(memory, bounds);
      for await (const _ of asked);
      return asked.coverage;
    };
    expect(await coverageOf({})).toMatchObject({ searched: 256n, atLimit: false, complete: true });
    if (name === "findKeys") return;
    expect(await coverageOf({ limit: 1 })).toMatchObject({ atLimit: true, complete: false });
  });

  it("asks anew in each iteration, and has no coverage until it has ended", async () => {
    const asked = ask(memory, {});
    const first: unknown[] = [];
    for await (const batch of asked) first.push(batch);
    const again = asked[Symbol.asyncIterator]();
    const batches: unknown[] = [];
    for (let next = await again.next(); !next.done; next = await again.next()) {
      expect(() => asked.coverage).toThrow(/when the question has ended/);
      batches.push(next.value);
    }
    expect(batches).toEqual(first);
    expect(asked.coverage.searched).toBe(256n);
  });
});

it("strings refuses encodings that it does not know, and a longest text that is no count", () => {
  const memory = new FlatMemory(new Uint8Array(1), 0n);
  expect(() => strings(memory, { encodings: ["latin1"] as never })).toThrow(/encodings\[0\] is "latin1", expected "ascii"/);
  expect(() => strings(memory, { longest: -1 })).toThrow(/longest/);
});
