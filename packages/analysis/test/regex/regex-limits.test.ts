/** Expressions and memories that are meant to cost much: time, memory and the event loop have bounds. */
import { describe, expect, it } from "vitest";
import { FlatMemory, type Match, type Memory, parsePatterns, regexPattern, search } from "../../src/index.js";
import { SparseMemory } from "../support/sparse-memory.js";

const MIB = 1 << 20;

async function matchesIn(memory: Memory, source: string, options = {}): Promise<Match[]> {
  const found: Match[] = [];
  for await (const batch of search(memory, [regexPattern(source)], options)) found.push(...batch);
  return found;
}

/** Bytes a and b in an order without a pattern. */
function letters(length: number): Uint8Array {
  let state = 7;
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return 0x61 + ((state >>> 20) & 1);
  });
}

/** The automaton for it has more states than any memory: each byte is a state that was not there before. */
const COSTLY = "[ab]{1500}a[ab]*";

describe("regular expressions that other engines never finish", () => {
  it.each(["(a+)+b", "(a|a)*b", "(a*)*b", "(?:(?:a?){20}a{20})*b", "a*a*a*a*a*a*b", "(?:a{1,40}){1,40}b"])(
    "%s finds nothing in 1 MiB of a",
    async (source) => {
      expect(await matchesIn(new FlatMemory(new Uint8Array(MIB).fill(0x61), 0n), source, { threads: 1 })).toEqual([]);
    },
  );

  it.each([1, 2])(
    "the time limit ends with an error that names the expression and the option, with %i threads",
    async (threads) => {
      const memory = new FlatMemory(letters(4 * MIB), 0x1000n);
      await expect(matchesIn(memory, COSTLY, { threads, timeLimit: 200 })).rejects.toMatchObject({
        code: "limit",
        message: expect.stringMatching(
          /^The regular expression "\[ab\]\{1500\}a\[ab\]\*" took more than 200 ms for the 1048576 bytes at 0x1000: .*timeLimit$/s,
        ),
      });
    },
  );

  it.each([1, 2])(
    "a signal is heard while an expression takes long, and the event loop goes on, with %i threads",
    async (threads) => {
      const abort = new AbortController();
      let turns = 0;
      const timer = setInterval(() => {
        if (++turns === 10) abort.abort();
      }, 5);
      const memory = new FlatMemory(letters(4 * MIB), 0x1000n);
      try {
        await expect(matchesIn(memory, COSTLY, { threads, timeLimit: 600_000, signal: abort.signal })).rejects.toMatchObject({
          code: "aborted",
        });
      } finally {
        clearInterval(timer);
      }
      expect(turns).toBeLessThan(30);
    },
  );
});

describe("regular expressions with many or long matches", () => {
  it("a match that never ends is cut at the most bytes, says so, and the next one begins behind it", async () => {
    const found = await matchesIn(new FlatMemory(new Uint8Array(2 * MIB + 10).fill(0x61), 0n), ".*");
    expect(found.length).toBe((2 * MIB) / 4096 + 1);
    expect(
      found.slice(0, -1).every(({ address, length, cut }, i) => address === BigInt(4096 * i) && length === 4096 && cut),
    ).toBe(true);
    expect(found.at(-1)).toEqual({ address: BigInt(2 * MIB), pattern: 0, length: 10 });
  });

  it("a match of exactly the most bytes that cannot go on is not cut", async () => {
    const memory = new FlatMemory(new Uint8Array(100).fill(0x61), 0n);
    const [first] = await collect(search(memory, [regexPattern("a{16}", { longest: 16 })]));
    expect(first).toEqual({ address: 0n, pattern: 0, length: 16 });
  });

  it("does not match with more bytes than `longest`", async () => {
    const image = new Uint8Array(10_000).fill(0x2e);
    image[100] = 0x41;
    image[100 + 4094] = 0x42;
    const ends = async (longest: number) =>
      (await collect(search(new FlatMemory(image, 0n), [regexPattern("A.*B", { longest })]))).length;
    expect([await ends(4094), await ends(4095)]).toEqual([0, 1]);
  });

  it("the limit ends a search with ten million matches", async () => {
    const found = search(new FlatMemory(new Uint8Array(10 * MIB), 0n), [regexPattern("\\x00")], { limit: 3 });
    expect((await collect(found)).map(({ address }) => address)).toEqual([0n, 1n, 2n]);
    expect(found.coverage).toMatchObject({ atLimit: true, complete: false });
  });

  it("pages with a hole behind each are searched one by one", async () => {
    const page = new Uint8Array(16).fill(0x61);
    const list = Array.from({ length: 3000 }, (_, i) => ({ address: BigInt(32 * i), content: page }));
    const found = await matchesIn(new SparseMemory(list), "a+");
    expect(found).toEqual(list.map(({ address }) => ({ address, pattern: 0, length: 16 })));
  });
});

describe("the syntax of regular expressions", () => {
  it.each([
    ["a)", /a \) without a \( at character 2/],
    ["(a", /a \( without a \)/],
    ["[a", /a \[ without a \]/],
    ["[z-a]", /range whose end/],
    ["[é]", /several bytes in a class at character 2/],
    ["[[:nope:]]", /expected one of alnum/],
    ["*a", /nothing to repeat/],
    ["a**", /repeats a repetition/],
    ["a++", /possessive/],
    ["a{2,1}", /ascending order/],
    ["a{,2}", /begins no repetition/],
    ["^a", /the anchor \^ at character 1: memory has no lines/],
    ["a$", /the anchor \$/],
    ["(a+)+$", /the anchor \$ at character 6/],
    ["\\bword", /the assertion \\b/],
    ["(a)\\1", /back reference/],
    ["(?=a)b", /lookahead/],
    ["(?<!a)b", /lookbehind/],
    ["(?x)a", /the flag x/],
    ["\\q", /the escape \\q/],
    ["\\x4", /the escape \\x/],
    ["a\\", /ends with a \\/],
    ["[^\\x00-\\xff]", /no byte belongs to/],
    ["", /matches no byte/],
    ["()|(?:)", /matches no byte/],
    ["\ud800", /surrogate/],
    ["a{5000}", /shortest match .* has 5000 bytes/],
    ["(?:a{0,300}){0,300}", /more than 20000 instructions/],
    ["a{0,100000}", /more than 20000 instructions/],
  ])("%s is refused", (source, message) => {
    expect(() => regexPattern(source)).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringMatching(message) }),
    );
  });

  it.each([
    ["groups inside of each other", "(".repeat(5000), /more than 200 groups/],
    ["characters", "a".repeat(70_000), /70000 characters/],
  ])("too many %s are refused", (_, source, message) => {
    expect(() => regexPattern(source)).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringMatching(message) }),
    );
  });

  it.each([
    ["(?i)sTrIng", "a STRING", "STRING"],
    ["(?i:s)trinG", "StrinG string", "StrinG"],
    ["(?s)a.b", "a\nb", "a\nb"],
    ["(?s:.)(?-s:.)x", "\n\nax", "\nax"],
    ["[]a]+", "x]a]", "]a]"],
    ["[a-]+", "b-a", "-a"],
    ["\\x41\\t\\[\\.", "A\t[.", "A\t[."],
    ["(?P<name>é)+", "éé", "éé"],
    ["[[:^alpha:]]{2}", "ab12", "12"],
    ["a{2}?a", "aaaa", "aaa"],
    ["x|", "yx", "x"],
  ])("%s matches in %j", async (source, text, expected) => {
    const bytes = new TextEncoder().encode(text);
    const [first] = await matchesIn(new FlatMemory(bytes, 0n), source);
    const start = Number(first?.address);
    expect(new TextDecoder().decode(bytes.slice(start, start + (first?.length ?? 0)))).toBe(expected);
  });

  it("a line of a list of patterns may be an expression", async () => {
    const patterns = parsePatterns("regex:a+b\nregex/i:C\ntext:^x", { longest: 3 });
    const found = await collect(search(new FlatMemory(Buffer.from("aaaab c ^x"), 0n), patterns));
    expect(found.map(({ address, pattern, length }) => [Number(address), pattern, length])).toEqual([
      [2, 0, 3],
      [6, 1, 1],
      [8, 2, 2],
    ]);
  });

  it.each([{ longest: 0 }, { longest: 65_537 }, { longest: 1.5 }])("the options %j are refused", (options) => {
    expect(() => regexPattern("a", options)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("refuses a time limit that is not a positive number", () => {
    expect(() => search(new FlatMemory(new Uint8Array(1), 0n), [regexPattern("a")], { timeLimit: 0 })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  });
});

async function collect(found: AsyncIterable<readonly Match[]>): Promise<Match[]> {
  const list: Match[] = [];
  for await (const batch of found) list.push(...batch);
  return list;
}
