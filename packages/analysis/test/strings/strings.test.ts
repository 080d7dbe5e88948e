/** `strings` against a search that looks at byte after byte of every run. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlatMemory, type Memory, type MemoryString, type StringEncoding, strings } from "../../src/index.js";
import { stretches } from "../support/arbitrary-memory.js";
import { runsOf, SparseMemory, type Stretch } from "../support/sparse-memory.js";

const ENCODINGS: readonly StringEncoding[] = ["ascii", "utf-16le", "utf-16be"];

async function all(memory: Memory, options = {}): Promise<MemoryString[]> {
  const found: MemoryString[] = [];
  for await (const batch of strings(memory, options)) found.push(...batch);
  return found;
}

const isPrintable = (byte = -1) => (byte >= 0x20 && byte <= 0x7e) || byte === 9;

/** The strings of one run, by a decoder that tries every alignment. */
function naiveOf(bytes: Uint8Array, base: bigint, encoding: StringEncoding, minimum: number): MemoryString[] {
  const width = encoding === "ascii" ? 1 : 2;
  const found: MemoryString[] = [];
  for (let parity = 0; parity < width; parity++) {
    let text = "";
    let i = Number((BigInt(parity) + (BigInt(width) - (base % BigInt(width)))) % BigInt(width));
    const end = () => {
      if (text.length >= minimum)
        found.push({ address: base + BigInt(i - width * text.length), length: width * text.length, encoding, text });
      text = "";
    };
    for (; i + width <= bytes.length; i += width) {
      const letter = encoding === "utf-16be" ? bytes[i + 1] : bytes[i];
      const other = width === 1 ? 0 : encoding === "utf-16be" ? bytes[i] : bytes[i + 1];
      if (isPrintable(letter) && other === 0) text += String.fromCharCode(letter ?? 0);
      else end();
    }
    end();
  }
  return found;
}

function naive(list: readonly Stretch[], encodings: readonly StringEncoding[], minimum: number): MemoryString[] {
  return runsOf(list)
    .flatMap(({ address, bytes }) => encodings.flatMap((encoding) => naiveOf(bytes, address, encoding, minimum)))
    .sort((a, b) => Number(a.address - b.address) || encodings.indexOf(a.encoding) - encodings.indexOf(b.encoding));
}

const texts = fc
  .array(fc.constantFrom("A", "B\0", "\0C", "\0", "\x01", "de", "\t"), { minLength: 1, maxLength: 60 })
  .map((parts) => Uint8Array.from(Buffer.from(parts.join(""), "latin1")));

describe("strings", () => {
  it("finds the strings that a search byte by byte finds, across borders and never across holes", async () => {
    await fc.assert(
      fc.asyncProperty(stretches(texts), fc.integer({ min: 1, max: 5 }), async (list, minimum) => {
        expect(await all(new SparseMemory(list), { minimum, encodings: ENCODINGS })).toEqual(naive(list, ENCODINGS, minimum));
      }),
      { numRuns: 500 },
    );
  });

  it("finds strings that lie across the borders of windows whole, and at both ends of the address space", async () => {
    const image = new Uint8Array((3 << 20) + 101).fill(1);
    const texts = { ascii: "forensic", "utf-16le": "memory" } as const;
    const places: { address: number; encoding: "ascii" | "utf-16le" }[] = [];
    for (const [border, encoding] of [
      [1 << 20, "ascii"],
      [(1 << 20) - 101, "utf-16le"],
      [(2 << 20) - 2, "ascii"],
      [(3 << 20) - 5, "utf-16le"],
    ] as const) {
      for (const before of [3, 30]) places.push({ address: border - before, encoding });
    }
    for (const { address, encoding } of places)
      image.set(Buffer.from(texts[encoding], encoding === "ascii" ? "latin1" : "utf16le"), address);
    for (const base of [0n, (1n << 64n) - BigInt(image.length)]) {
      const found = await all(new FlatMemory(image, base), { minimum: 6 });
      expect(found).toEqual(naive([{ address: base, content: image }], ["ascii", "utf-16le"], 6));
      expect(found.map(({ address }) => Number(address - base))).toEqual(
        places.map(({ address }) => address).sort((a, b) => a - b),
      );
    }
  });

  it("gives the start of a string that is longer than asked for, and its whole length", async () => {
    const image = new Uint8Array((2 << 20) + 9).fill(0x41);
    const [one, ...others] = await all(new FlatMemory(image, 0x1000n), { longest: 10 });
    expect(others).toEqual([]);
    expect(one).toEqual({ address: 0x1000n, length: image.length, encoding: "ascii", text: "AAAAAAAAAA" });
  });

  it("finds UTF-8 text, which controls and wrong bytes end", async () => {
    const parts = ["größe€😀", "\x80\x81", "naïve", "\xc3", "\u0085caf\u00e9", "\xed\xa0\x80", "abcd", "\xf0\x9f"];
    const bytes = Buffer.concat(parts.map((part, i) => Buffer.from(part, i % 2 === 0 ? "utf8" : "latin1")));
    const found = await all(new FlatMemory(bytes, 0n), { encodings: ["utf-8"] });
    expect(found.map(({ text }) => text)).toEqual(["größe€😀", "naïve", "café", "abcd"]);
    for (const { address, length, text } of found)
      expect(bytes.subarray(Number(address), Number(address) + length).toString("utf8")).toBe(text);
  });

  it("finds UTF-8 text behind long runs of bytes that are not UTF-8, and ends it before such bytes", async () => {
    const image = new Uint8Array((3 << 20) + 50).fill(0xff);
    const border = 1 << 20;
    const places = [20_000, 100_000, border - 3, border + 50_000, 2 * border - 20, image.length - 11];
    for (const place of places) image.set(Buffer.from("größe€😀").subarray(0, image.length - place), place);
    image.fill(0x41, 100_014, 130_000);
    const found = await all(new FlatMemory(image, 0x1000n), { encodings: ["utf-8"], longest: 10 });
    const lengths = places.map((place) => (place === 100_000 ? 30_000 : place > 3 * border ? 10 : 14));
    expect(found.map(({ address }) => Number(address) - 0x1000)).toEqual(places);
    expect(found.map(({ length }) => length)).toEqual(lengths);
    expect(found.map(({ text }) => text)).toEqual(
      places.map((place) => (place === 100_000 ? "größe€😀AAA" : place > 3 * border ? "größe€" : "größe€😀")),
    );
  });

  it("holds no string back that stands before the last text of a long run", async () => {
    const image = new Uint8Array(3 << 20).fill(0xff);
    image.set(Buffer.from("early"), 1000);
    for await (const batch of strings(new FlatMemory(image, 0n), { encodings: ["ascii", "utf-8"], threads: 1 })) {
      expect(batch.map(({ address }) => address)).toEqual([1000n, 1000n]);
      return;
    }
  });

  it("ends at the limit and says what it did not search", async () => {
    const memory = new FlatMemory(
      new Uint8Array(4 << 20).map((_, i) => (i % 8 === 0 ? 0 : 0x41)),
      0n,
    );
    const found = strings(memory, { limit: 3 });
    const addresses: bigint[] = [];
    for await (const batch of found) addresses.push(...batch.map(({ address }) => address));
    expect(addresses).toEqual([1n, 9n, 17n]);
    expect(found.coverage.complete).toBe(false);
  });

  it("finds strings of an encoding that is named twice once", async () => {
    const memory = new FlatMemory(new Uint8Array(3 << 20).fill(0x41), 0n);
    const found = await all(memory, { encodings: ["ascii", "ascii"] });
    expect(found.map(({ address, length }) => [address, length])).toEqual([[0n, 3 << 20]]);
  });

  it("refuses a minimum that is no count, and no encodings", () => {
    const memory = new FlatMemory(new Uint8Array(1), 0n);
    expect(() => strings(memory, { minimum: 0 })).toThrow(/minimum/);
    expect(() => strings(memory, { encodings: [] })).toThrow(/no encoding/);
  });
});
