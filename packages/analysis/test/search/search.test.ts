/** `search` against a search that compares byte by byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BytePattern, FlatMemory, hexPattern, type Match, type Memory, search, textPattern } from "../../src/index.js";
import { fewValues, stretches } from "../support/arbitrary-memory.js";
import { runsOf, SparseMemory, type Stretch } from "../support/sparse-memory.js";

async function matchesIn(memory: Memory, patterns: readonly BytePattern[], options = {}): Promise<Match[]> {
  const found: Match[] = [];
  for await (const batch of search(memory, patterns, options)) found.push(...batch);
  return found;
}

function naive(list: readonly Stretch[], patterns: readonly BytePattern[]): Match[] {
  const found: Match[] = [];
  for (const { address, bytes } of runsOf(list)) {
    for (let start = 0; start < bytes.length; start++) {
      for (const [pattern, { values, masks }] of patterns.entries()) {
        if (start + values.length > bytes.length) continue;
        if (values.every((value, i) => ((bytes[start + i] ?? 0) & (masks[i] ?? 0)) === (value & (masks[i] ?? 0))))
          found.push({ address: address + BigInt(start), pattern, length: values.length });
      }
    }
  }
  return found;
}

const pattern = fc
  .tuple(fewValues({ minLength: 1, maxLength: 9 }), fc.constantFrom(0xff, 0xdf, 0xf0))
  .map(([values, mask]) => ({ name: "p", values, masks: new Uint8Array(values.length).fill(mask) }));

describe("search", () => {
  it("finds what a comparison byte by byte finds, across borders and never across holes", async () => {
    await fc.assert(
      fc.asyncProperty(stretches(), fc.array(pattern, { minLength: 1, maxLength: 4 }), async (list, patterns) => {
        expect(await matchesIn(new SparseMemory(list), patterns)).toEqual(naive(list, patterns));
      }),
      { numRuns: 300 },
    );
  });

  it("finds what a comparison byte by byte finds for more patterns than are searched for one by one", async () => {
    await fc.assert(
      fc.asyncProperty(stretches(), fc.array(pattern, { minLength: 12, maxLength: 40 }), async (list, patterns) => {
        expect(await matchesIn(new SparseMemory(list), patterns)).toEqual(naive(list, patterns));
      }),
      { numRuns: 100 },
    );
  });

  it("finds needles around the borders of windows once, and at both ends of the address space", async () => {
    const image = new Uint8Array((3 << 20) + 500);
    const needle = textPattern("needle");
    const places = [0, image.length - 6];
    for (const border of [1 << 20, (1 << 20) - 5, 2 << 20, (2 << 20) - 5, (2 << 20) - 10]) {
      for (const from of [-17, -9, -1, 7, 13]) places.push(border + from);
    }
    const apart = places.sort((a, b) => a - b).filter((place, i, all) => i === 0 || place - (all[i - 1] ?? 0) >= 6);
    for (const place of apart) image.set(needle.values, place);
    for (const base of [0n, (1n << 64n) - BigInt(image.length)]) {
      const found = await matchesIn(new FlatMemory(image, base), [needle]);
      expect(found.map(({ address }) => Number(address - base))).toEqual(
        apart.filter((place) => needle.values.every((value, i) => image[place + i] === value)),
      );
    }
  });

  it("ends at the limit and says what it did not search", async () => {
    const memory = new FlatMemory(new Uint8Array(5 << 20).fill(0x41), 0x1000n);
    const found = search(memory, [hexPattern("41")], { limit: 10 });
    const addresses: bigint[] = [];
    for await (const batch of found) addresses.push(...batch.map(({ address }) => address));
    expect(addresses).toEqual(Array.from({ length: 10 }, (_, i) => 0x1000n + BigInt(i)));
    expect(found.coverage.complete).toBe(false);
    expect(found.coverage.searched + found.coverage.notSearched.leftOut).toBe(BigInt(5 << 20));
  });

  it("looks at the addresses from `from` to `to` only, and matches lie between them whole", async () => {
    const memory = new FlatMemory(new Uint8Array(100).fill(0x41), 0n);
    const addresses = (await matchesIn(memory, [hexPattern("41 41 41")], { from: 10n, to: 15n })).map(({ address }) => address);
    expect(addresses).toEqual([10n, 11n, 12n]);
  });

  it("refuses a search without patterns, and has no coverage before its end", () => {
    const memory = new FlatMemory(new Uint8Array(1), 0n);
    expect(() => search(memory, [])).toThrow(/no pattern/);
    expect(() => search(memory, [hexPattern("00")]).coverage).toThrow(/when the question has ended/);
  });
});

describe("patterns", () => {
  it("hex patterns read digits, halves of bytes and any bytes", () => {
    const { values, masks } = hexPattern("48 8B??0?\n?f");
    expect([...values]).toEqual([0x48, 0x8b, 0, 0, 0x0f]);
    expect([...masks]).toEqual([0xff, 0xff, 0, 0xf0, 0x0f]);
  });

  it.each(["", "4", "4g", "?? ??", "0x41"])("hex pattern %j is refused", (text) => {
    expect(() => hexPattern(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("text patterns hold the bytes of each encoding", () => {
    expect([...textPattern("a€😀").values]).toEqual([...Buffer.from("a€😀", "utf8")]);
    expect([...textPattern("a€😀", { encoding: "utf-16le" }).values]).toEqual([...Buffer.from("a€😀", "utf16le")]);
    expect([...textPattern("a€😀", { encoding: "utf-16be" }).values]).toEqual([...Buffer.from("a€😀", "utf16le").swap16()]);
  });

  it.each(["utf-8", "utf-16le", "utf-16be"] as const)(
    "text in %s without case matches letters of ASCII in both cases, and no other",
    async (encoding) => {
      const needle = textPattern("Zé[k😀", { encoding, ignoreCase: true });
      const bytes = (text: string) => textPattern(text, { encoding }).values;
      const count = async (text: string) => (await matchesIn(new FlatMemory(bytes(text), 0n), [needle])).length;
      expect(await Promise.all(["zé[K😀", "ZÉ[K😀", "Zé{k😀", "ZÉ[k😀", "zé[k😀"].map(count))).toEqual([1, 0, 0, 0, 1]);
    },
  );

  it("text without characters and half of a surrogate pair are refused", () => {
    expect(() => textPattern("")).toThrow(/empty/);
    expect(() => textPattern("\ud800")).toThrow(/surrogate/);
  });
});
