/** Patterns that are many, long, or match nearly everywhere: the answer is right, and the event loop and signals have their turn meanwhile. */
import { expect, it } from "vitest";
import { type BytePattern, countMatches, FlatMemory, search } from "../../src/index.js";
import { turnsDuring } from "../support/event-loop.js";

const plain = (values: Uint8Array): BytePattern => ({ name: "p", values, masks: new Uint8Array(values.length).fill(0xff) });
const zeros = (length: number) => plain(new Uint8Array(length));

/** No two starts of these patterns are compared without each other: all bytes but the last match, under masks that differ. */
const costly = (length: number): BytePattern => {
  const values = new Uint8Array(length);
  values[length - 1] = 0x10;
  const masks = new Uint8Array(length).fill(0xff);
  masks[0] = 0xfe;
  return { name: "costly", values, masks };
};
/** Memory in which a costly pattern begins to match everywhere: the byte that it ends with is frequent, behind zeros. */
function costlyMemory(bytes: number): FlatMemory {
  const content = new Uint8Array(bytes);
  content.fill(0x10, bytes / 2);
  content.fill(0, bytes - 10);
  return new FlatMemory(content, 0n);
}

it.each([1, 7, 12])("%i patterns that match everywhere are all found, in order", async (count) => {
  const bytes = 40_000;
  const lengths = Array.from({ length: count }, (_, i) => 1 + i);
  let at = 0;
  let pattern = 0;
  let isInOrder = true;
  let found = 0;
  for await (const batch of search(
    new FlatMemory(new Uint8Array(bytes), 0x1000n),
    lengths.map((length) => zeros(length)),
    { threads: 1 },
  )) {
    for (const match of batch) {
      isInOrder &&= match.address === 0x1000n + BigInt(at) && match.pattern === pattern;
      found++;
      pattern++;
      if (pattern === count || at + pattern + 1 > bytes) {
        pattern = 0;
        at++;
      }
    }
  }
  expect(isInOrder).toBe(true);
  expect(found).toBe(lengths.reduce((sum, length) => sum + bytes - length + 1, 0));
});

it.each([1, 2])(
  "matches that one answer has no room for are counted once, also those across windows (%i threads)",
  async (threads) => {
    const bytes = (1 << 20) + 5000;
    const lengths = [1, 2, 3, 500, 4, 5, 6, 7, 8];
    const { counts } = await countMatches(
      new FlatMemory(new Uint8Array(bytes), 0n),
      lengths.map((length) => zeros(length)),
      { threads },
    );
    expect(counts).toEqual(lengths.map((length) => bytes - length + 1));
  },
);

it("the event loop turns while one window is searched for patterns that are compared for long", async () => {
  const patterns = [costly(100_000)];
  expect(await turnsDuring(countMatches(costlyMemory(1 << 18), patterns, { threads: 1 }))).toBeGreaterThan(3);
});

it.each([1, 2])("an abort ends a search in the middle of a window (%i threads)", async (threads) => {
  const controller = new AbortController();
  const patterns = Array.from({ length: 20 }, (_, i) => costly(400_000 + i));
  const counting = countMatches(costlyMemory(1 << 20), patterns, { threads, signal: controller.signal });
  setTimeout(() => controller.abort(), 200);
  // Without the abort, this search takes minutes.
  await expect(counting).rejects.toMatchObject({ code: "aborted" });
});

it("the event loop turns while the tables of 100,000 patterns are made, and each is found", async () => {
  const patterns = Array.from({ length: 100_000 }, (_, i) => plain(new TextEncoder().encode(`pattern ${i};`)));
  const content = new TextEncoder().encode(patterns.map((_, i) => (i % 1000 === 7 ? `pattern ${i};` : "")).join(""));
  let found: number[] = [];
  const searching = async () => {
    for await (const batch of search(new FlatMemory(content, 0n), patterns, { threads: 1 })) {
      found = found.concat(batch.map(({ pattern }) => pattern));
    }
  };
  expect(await turnsDuring(searching())).toBeGreaterThan(3);
  expect(found).toEqual(Array.from({ length: 100 }, (_, i) => 1000 * i + 7));
});

it("more than 1,000,000 patterns, or 16 MiB of them, are refused with usage, and the message names the bound", () => {
  const memory = new FlatMemory(new Uint8Array(16), 0n);
  const one = zeros(1);
  expect(() => search(memory, new Array(1_000_001).fill(one))).toThrow(/1000001 patterns, expected at most 1000000/);
  expect(() => search(memory, new Array(33).fill(zeros(524_288)))).toThrow(/expected at most 16777216/);
});
