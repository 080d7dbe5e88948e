/** `search` with regular expressions against RegExp of JavaScript, one address after the other, and against ripgrep. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPatterns } from "@memslice/core-wasm/scan";
import { runAtOnce } from "@memslice/msl/work";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { answersOf } from "../../src/asking/ask.js";
import { QuestionThreads } from "../../src/asking/threads.js";
import {
  countMatches,
  FlatMemory,
  hexPattern,
  type Match,
  type Memory,
  type Pattern,
  regexPattern,
  search,
} from "../../src/index.js";
import { MatchChains } from "../../src/search/match-chains.js";
import { fewValues, stretches } from "../support/arbitrary-memory.js";
import { runsOf, SparseMemory, type Stretch } from "../support/sparse-memory.js";

const folder = mkdtempSync(join(tmpdir(), "msl-regex-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function matchesIn(memory: Memory, patterns: readonly Pattern[], options = {}): Promise<Match[]> {
  const found: Match[] = [];
  for await (const batch of search(memory, patterns, options)) found.push(...batch);
  return found;
}

interface Found {
  readonly address: bigint;
  readonly length: number;
}

/** Where RegExp matches a byte or more: at each address in turn, as if the run of captured bytes ended `longest` bytes behind it. */
function naive(list: readonly Stretch[], source: string, longest: number): Found[] {
  const found: Found[] = [];
  const expression = new RegExp(`(?:${source})(?<=[^])`, "y");
  for (const { address, bytes } of runsOf(list)) {
    const text = Buffer.from(bytes).toString("latin1");
    for (let at = 0; at < text.length; ) {
      expression.lastIndex = 0;
      const length = expression.exec(text.slice(at, at + longest))?.[0].length ?? 0;
      if (length > 0) found.push({ address: address + BigInt(at), length });
      at += Math.max(1, length);
    }
  }
  return found;
}

/** Expressions over the values of `fewValues`. What is repeated matches a byte at least: JavaScript differs from other engines where it does not. */
const expressions = fc.letrec<{ node: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { withCrossShrink: true },
    fc.constantFrom("A", "a", "B", "\\x00", ".", "[Aa]", "[^A]", "\\w", "[\\x00-\\x41]"),
    tie("node").map((inside) => `(?:${inside})`),
  ),
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: "node" },
    tie("atom"),
    fc.tuple(tie("atom"), tie("node")).map(([a, b]) => `${a}${b}`),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie("atom"), fc.constantFrom("{2}", "{1,3}", "{2,}", "?", "??", "{1,3}?"))
      .map(([a, times]) => (new RegExp(`^(?:${a})$`).test("") ? a : `${a}${times}`)),
    fc
      .tuple(fc.constantFrom("A", "[^A]", "(?:Aa|A|a{2})", "(?:B|.A)"), fc.constantFrom("*", "+", "*?", "+?", "{2,}?"))
      .map(([a, times]) => `${a}${times}`),
  ),
}));

const isUsable = (source: string) => {
  try {
    regexPattern(source, { longest: 16 });
    return true;
  } catch {
    return false;
  }
};
const usable = expressions.node.filter(isUsable);

describe("regular expressions", () => {
  it("match what RegExp matches, across borders and never across holes", async () => {
    await fc.assert(
      fc.asyncProperty(stretches(), usable, fc.constantFrom(3, 7, 16, 100), async (list, source, longest) => {
        fc.pre(isUsable(source));
        let pattern: Pattern;
        try {
          pattern = regexPattern(source, { longest });
        } catch {
          // The shortest match is longer.
          return;
        }
        const found = await matchesIn(new SparseMemory(list), [pattern], { threads: 1 });
        expect(found.map(({ address, length }) => ({ address, length }))).toEqual(naive(list, source, longest));
      }),
      { numRuns: 1500 },
    );
  });

  // What Perl's m//g finds, without its empty matches.
  it.each([
    ["|hello", ["1:5", "12:5"]],
    ["(|hello)(|world)", ["1:5", "6:5", "12:5"]],
    ["l*?", ["3:1", "4:1", "9:1", "14:1", "15:1"]],
    ["(?:|h)(?:e|)", ["0:1", "1:2", "12:2"]],
  ])("%s, which prefers the empty text, matches where there is a byte at least", async (source, expected) => {
    const memory = new FlatMemory(new TextEncoder().encode("hhelloworld hello"), 0n);
    const found = await matchesIn(memory, [regexPattern(source)], { threads: 1 });
    expect(found.map(({ address, length }) => `${address}:${length}`)).toEqual(expected);
  });

  it("match the same in windows of any size, with several expressions and patterns of bytes together", async () => {
    const content = fewValues({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(
        stretches(content),
        usable,
        usable,
        fc.integer({ min: 33, max: 90 }),
        async (list, one, two, windowBytes) => {
          const patterns = [regexPattern(one, { longest: 16 }), hexPattern("41 61"), regexPattern(two, { longest: 16 })];
          const memory = new SparseMemory(list);
          const whole = await matchesIn(memory, patterns, { threads: 1 });
          const sizes = { overlap: 15, timeLimit: 10_000 };
          const literals = runAtOnce(packPatterns([hexPattern("41 61")]));
          const regexes = patterns.flatMap((pattern) => ("regex" in pattern ? [pattern.regex] : []));
          const spec = { literals, regexes, ...sizes };
          const chains = new MatchChains(memory, patterns, sizes, undefined);
          const cut: object[] = [];
          const threads = new QuestionThreads(1);
          for await (const answered of answersOf(memory, "expressions", spec, { overlap: 15, windowBytes, threads })) {
            const { offsets, patterns: indexes, lengths } = await chains.matchesOf(answered);
            for (const [i, offset] of offsets.entries())
              cut.push({ address: answered.address + BigInt(offset), pattern: indexes[i], length: lengths[i] });
          }
          expect(cut).toEqual(whole.map(({ address, pattern, length }) => ({ address, pattern, length })));
          const sorted = whole.toSorted((a, b) => Number(a.address - b.address) || a.pattern - b.pattern);
          expect(whole).toEqual(sorted);
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    "[a-z0-9._-]{3,}@[a-z0-9.-]+\\.com",
    "(?i)PASS(?:word|wd)?[=:]\\s*\\w{2,10}",
    "(?s)\\x48\\x8b.{2}\\xe8",
    "[\\x80-\\xff]{6,}",
    "\\d{3}-\\d{4}|\\d{2}",
    "(?:a|ab)(?:c|bcd)(?:d*)",
    "(?s)u.{0,20}?e",
    "[[:upper:]][[:lower:]]+?[[:punct:]]",
    "[^\\x00-\\x7f]\\x00[\\s\\S]",
    "gr\\xc3\\xb6\\xc3\\x9fe|(?:\\xc3\\xbc)+",
    "(?:(?:a+)+)+b",
  ])("%s matches what ripgrep matches", async (source) => {
    const image = plantedImage();
    const path = join(folder, "image.raw");
    writeFileSync(path, image);
    const output = execFileSync("rg", ["-a", "-U", "--json", "--no-unicode", "--no-mmap", "-e", source, path], {
      maxBuffer: 1 << 30,
    }).toString();
    const expected = output
      .split("\n")
      .filter((line) => line.startsWith('{"type":"match"'))
      .flatMap((line) => {
        const { absolute_offset: offset, submatches } = JSON.parse(line).data;
        return submatches.map(({ start, end }: { start: number; end: number }) => ({
          address: 0x10000n + BigInt(offset + start),
          length: end - start,
        }));
      });
    expect(expected.length).toBeGreaterThan(0);
    for (const threads of [1, 3]) {
      const found = await matchesIn(new FlatMemory(image, 0x10000n), [regexPattern(source)], { threads });
      expect(found.map(({ address, length }) => ({ address, length }))).toEqual(expected);
    }
  });

  it("with several threads match what one thread matches, at the limit, too", async () => {
    const image = plantedImage();
    const patterns = [regexPattern("[a-z]{2,9}"), hexPattern("61 62"), regexPattern("(?s).{1,7}x", { longest: 8 })];
    const memory = new FlatMemory(image, (1n << 64n) - BigInt(image.length));
    const expected = await matchesIn(memory, patterns, { threads: 1 });
    expect(expected.length).toBeGreaterThan(40_000);
    for (const threads of [2, 4]) {
      const found = search(memory, patterns, { threads });
      let at = 0;
      for await (const batch of found) {
        for (const match of batch)
          if (match.address !== expected[at]?.address || match.length !== expected[at++]?.length) expect(match).toEqual(at);
      }
      expect(at).toBe(expected.length);
      expect(found.coverage).toMatchObject({ searched: BigInt(image.length), complete: true });
    }
    expect(await matchesIn(memory, patterns, { threads: 2, limit: 5000 })).toEqual(expected.slice(0, 5000));
    const { counts } = await countMatches(memory, patterns, { threads: 2 });
    expect(counts).toEqual(patterns.map((_, pattern) => expected.filter((match) => match.pattern === pattern).length));
  });

  it("matches that lie across windows decide where the next one begins, in every window", async () => {
    // A period of 5 bytes in windows of 2^20 bytes: in most windows, the first match begins before the window.
    const image = new Uint8Array((6 << 20) + 3).fill(0x61);
    for (const threads of [1, 2]) {
      const found = await matchesIn(new FlatMemory(image, 0x1000n), [regexPattern("a{5}")], { threads });
      expect(found.length).toBe(Math.floor(image.length / 5));
      expect(found.every(({ address, length }, i) => address === 0x1000n + BigInt(5 * i) && length === 5)).toBe(true);
    }
  });
});

/** 3 MiB of noise with words, addresses and numbers, also around the borders of windows of 1 MiB. */
function plantedImage(): Uint8Array {
  const image = new Uint8Array((3 << 20) + 77);
  let state = 42;
  for (let i = 0; i < image.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    image[i] = state >>> 16;
  }
  const words = [
    "someone@example.com",
    "Password= hunter2",
    "PASSWD:xy",
    "abcd",
    "größe üü",
    "123-4567 89",
    "Hello!",
    "aaaaab",
    "uvwxyz\nae",
  ];
  for (const [i, word] of words.entries()) {
    const bytes = new TextEncoder().encode(word);
    for (let at = 1000 + 37 * i; at < image.length - 100; at += 9001) image.set(bytes, at);
    for (const border of [1 << 20, (1 << 20) - 4095, 2 << 20, (2 << 20) - 4095, (2 << 20) - 8190])
      image.set(bytes, border - 60 + 20 * i);
    image.set(Uint8Array.of(0x48, 0x8b, 10, 13, 0xe8), 5000 + 100 * i);
  }
  return image;
}
