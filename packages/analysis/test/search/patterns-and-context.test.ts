/** Integers, lists of patterns, counts and context. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countMatches,
  FlatMemory,
  hexPattern,
  integerPattern,
  type Match,
  type Memory,
  parsePatterns,
  regexPattern,
  type SearchOptions,
  search,
  textPattern,
  writtenInteger,
} from "../../src/index.js";
import { stretches } from "../support/arbitrary-memory.js";
import { SparseMemory, type Stretch } from "../support/sparse-memory.js";

async function matchesIn(memory: Memory, patterns: Parameters<typeof search>[1], options: SearchOptions = {}): Promise<Match[]> {
  const found: Match[] = [];
  for await (const batch of search(memory, patterns, options)) found.push(...batch);
  return found;
}

describe("integers", () => {
  it("stand in memory as Node's buffers write them", () => {
    const cases = [
      [4, "little", true, "writeInt32LE", fc.integer()],
      [4, "big", true, "writeInt32BE", fc.integer()],
      [4, "little", false, "writeUInt32LE", fc.nat(0xffffffff)],
      [2, "big", false, "writeUInt16BE", fc.nat(0xffff)],
      [1, "big", true, "writeInt8", fc.integer({ min: -128, max: 127 })],
      [8, "little", true, "writeBigInt64LE", fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })],
      [8, "big", false, "writeBigUInt64BE", fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })],
    ] as const;
    for (const [bytes, endian, signed, write, values] of cases) {
      fc.assert(
        fc.property(values as fc.Arbitrary<bigint | number>, (value) => {
          const expected = Buffer.alloc(bytes);
          (expected[write] as (value: bigint | number) => void)(value);
          const pattern = integerPattern(value, { bytes, endian, signed });
          expect([...pattern.values]).toEqual([...expected]);
          expect([...pattern.masks]).toEqual(Array(bytes).fill(0xff));
        }),
      );
    }
  });

  it.each([
    [256, { bytes: 1 }],
    [-1, {}],
    [128, { bytes: 1, signed: true }],
    [-129n, { bytes: 1, signed: true }],
    [1n << 64n, {}],
    [2 ** 53, {}],
    [0.5, {}],
    [1, { bytes: 3 }],
    [1, { endian: "middle" }],
  ] as const)("%s with %j is refused", (value, options) => {
    expect(() => integerPattern(value, options as never)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

describe("lists of patterns", () => {
  it("have a pattern in each line, by its prefix", () => {
    const list = "# keys\r\nhex: 48 8b ?? 0?\r\n\ntext: a:b \ntext/i:Word\nutf-16le:Ab\nutf-16be/i:Ab";
    expect(parsePatterns(list)).toEqual([
      hexPattern("48 8b ?? 0?"),
      textPattern(" a:b "),
      textPattern("Word", { ignoreCase: true }),
      textPattern("Ab", { encoding: "utf-16le", name: "Ab (utf-16le)" }),
      textPattern("Ab", { encoding: "utf-16be", ignoreCase: true, name: "Ab (utf-16be)" }),
    ]);
  });

  it("take a line without a prefix as a text, in the encodings and the case of the options", () => {
    expect(parsePatterns("a: b\ntext:#c", { encodings: ["utf-8", "utf-16le"], ignoreCase: true })).toEqual([
      textPattern("a: b", { ignoreCase: true }),
      textPattern("a: b", { encoding: "utf-16le", ignoreCase: true, name: "a: b (utf-16le)" }),
      textPattern("#c", { ignoreCase: true }),
      textPattern("#c", { encoding: "utf-16le", ignoreCase: true, name: "#c (utf-16le)" }),
    ]);
  });

  it.each([
    ["u32:0xdeadbeef", "efbeadde"],
    ["u32le: 3735928559 ", "efbeadde"],
    ["u32be:0xDEADBEEF", "deadbeef"],
    ["i16be:-2", "fffe"],
    ["i16:-0x8000", "0080"],
    ["u8:255", "ff"],
    ["u64:0x7f00e90e2000", "00200ee9007f0000"],
  ])("read %s as the integer of the bytes %s, named by its text", (line, digits) => {
    const [pattern] = parsePatterns(line);
    expect(pattern).toEqual({ ...hexPattern(digits), name: line });
  });

  it("take a text that is no integer as a text", () => {
    for (const text of ["u31:1", "u32", "x32:1", "i64 :1"]) expect(parsePatterns(text)).toEqual([textPattern(text)]);
    expect(writtenInteger("text")).toBeUndefined();
  });

  it.each([
    ["a\nu8:256", /Line 2.*no unsigned integer of 1 byte/],
    ["i8:-129", /no signed integer of 1 byte/],
    ["u16:-1", /no unsigned integer/],
    ["u32:", /no value/],
    ["u32:1.5", /no value/],
    ["u32:beef", /no value/],
    ["text:a\nhex/i:41", /Line 2.*without \/i/],
    ["\n\nutf-16le:", /Line 3.*empty/],
    ["hex:4", /Line 1.*hex digits/],
    ["text:", /Line 1.*empty/],
    ["# nothing\n", /no pattern/],
  ])("%j is refused", (list, message) => {
    expect(() => parsePatterns(list)).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringMatching(message) }),
    );
  });
});

describe("counts", () => {
  it("are the numbers of matches that a search finds", async () => {
    const patterns = [hexPattern("41"), hexPattern("41 61"), hexPattern("00 00"), textPattern("ab", { ignoreCase: true })];
    await fc.assert(
      fc.asyncProperty(stretches(), async (list) => {
        const memory = new SparseMemory(list);
        const found = await matchesIn(memory, patterns);
        const { counts, coverage } = await countMatches(memory, patterns);
        expect(counts).toEqual(patterns.map((_, i) => found.filter(({ pattern }) => pattern === i).length));
        expect(coverage.complete).toBe((await memory.extent()).failed === 0n);
      }),
    );
  });

  it.each([1, 2])("are those of a search across windows, for few patterns and for many (%i threads)", async (threads) => {
    const bytes = Uint8Array.from({ length: 3 * 2 ** 20 + 77 }, (_, i) => (i % 7 < 3 ? 0 : i % 13));
    const memory = new FlatMemory(bytes, 0x1000n);
    const few = [hexPattern("00"), hexPattern("00 00 00"), hexPattern("0? 05")];
    const many = Array.from({ length: 300 }, (_, i) => hexPattern([i % 13, Math.floor(i / 13) % 13, 0].map(byteText).join(" ")));
    for (const patterns of [few, many]) {
      const naive = patterns.map(() => 0);
      for await (const batch of search(memory, patterns, { threads })) {
        for (const { pattern } of batch) naive[pattern] = (naive[pattern] ?? 0) + 1;
      }
      const { counts, coverage } = await countMatches(memory, patterns, { threads });
      expect(counts).toEqual(naive);
      expect([coverage.searched, coverage.complete]).toEqual([BigInt(bytes.length), true]);
    }
    expect((await countMatches(memory, [few[0] ?? hexPattern("00")])).counts).toEqual([
      bytes.filter((byte) => byte === 0).length,
    ]);
  });
});

const byteText = (byte: number) => byte.toString(16).padStart(2, "0");

/** What stands at each address of a context: a byte, or the state of a hole. */
function naiveContext(list: readonly Stretch[], from: bigint, to: bigint): (number | string)[] {
  return Array.from({ length: Number(to - from) }, (_, i) => {
    const at = from + BigInt(i);
    const stretch = list.find(({ address, content }) => address <= at && at < address + BigInt(content.length));
    if (!stretch) return "absent";
    return stretch.content instanceof Uint8Array ? (stretch.content[Number(at - stretch.address)] ?? "") : stretch.content.state;
  });
}

describe("context", () => {
  it("has every byte around a match, and names holes instead of showing bytes", async () => {
    await fc.assert(
      fc.asyncProperty(stretches(undefined, 3n), fc.integer({ min: 1, max: 30 }), async (list, context) => {
        for (const match of await matchesIn(new SparseMemory(list), [hexPattern("41 61")], { context })) {
          const segments = match.context?.segments ?? [];
          const shown = segments.flatMap((one): (number | string)[] =>
            one.bytes ? [...one.bytes] : Array<string>(one.length).fill(one.state),
          );
          const from = match.address > BigInt(context) ? match.address - BigInt(context) : 0n;
          expect(segments[0]?.address).toBe(from);
          expect(shown).toEqual(naiveContext(list, from, match.address + 2n + BigInt(context)));
        }
      }),
    );
  });

  it("ends where the address space ends", async () => {
    const memory = new FlatMemory(Uint8Array.of(1, 2, 3, 4), (1n << 64n) - 4n);
    const [match] = await matchesIn(memory, [hexPattern("03")], { context: 8 });
    expect(match?.context?.segments.map(({ address, length, state }) => [address, length, state])).toEqual([
      [(1n << 64n) - 10n, 6, "absent"],
      [(1n << 64n) - 4n, 4, "captured"],
    ]);
  });

  it.each([-1, 1.5, 65_537, Number.NaN])("of %s bytes is refused", (context) => {
    expect(() => search(new FlatMemory(new Uint8Array(1), 0n), [hexPattern("00")], { context })).toThrow(/context/);
  });
});

describe("bits of a value outside of its mask", () => {
  /** 0x4?: digits under the wildcard, which have to mean nothing, and none. */
  const masked = (...values: number[]) => ({ name: "p", values: Uint8Array.from(values), masks: Uint8Array.of(0xf0, 0xff) });
  const literals = (count: number) => Array.from({ length: count }, (_, i) => textPattern(`no such text ${i}`));

  it.each([
    ["one pattern", []],
    ["three patterns", literals(2)],
    ["many patterns", literals(2000)],
    ["an expression beside it", [regexPattern("no such text")]],
  ])("mean nothing, in a search for %s", async (_, others) => {
    const memory = new FlatMemory(Uint8Array.of(0x00, 0x42, 0x31, 0x4f, 0x31, 0x52, 0x31, 0x40, 0x30), 0n);
    for (const pattern of [masked(0x4f, 0x31), masked(0x40, 0x31), masked(0x42, 0x31)]) {
      const found = await matchesIn(memory, [pattern, ...others]);
      expect(found.map(({ address }) => address)).toEqual([1n, 3n]);
      expect([...pattern.masks]).toEqual([0xf0, 0xff]);
    }
  });
});

describe("patterns that cannot be searched for", () => {
  const pattern = (values: number, masks = values) => ({
    name: "p".repeat(1000),
    values: new Uint8Array(values).fill(1),
    masks: new Uint8Array(masks).fill(0xff),
  });

  it.each([pattern(0), pattern(2, 1), pattern(524_289)])("are refused before the search: $values.length bytes", (wrong) => {
    expect(() => search(new FlatMemory(new Uint8Array(1), 0n), [wrong])).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringMatching(/^.{0,200}$/) }),
    );
  });

  it("begin behind the longest one, which is found", async () => {
    const image = new Uint8Array(3 << 20);
    const longest = pattern(524_288);
    longest.values[0] = 2;
    image.set(longest.values, 1_000_000);
    const [match, ...others] = await matchesIn(new FlatMemory(image, 0n), [longest]);
    expect(match).toMatchObject({ address: 1_000_000n, length: 524_288 });
    expect(others).toEqual([]);
  });
});
