/** The bytes that every match of an expression has, and searches that begin with them against searches everywhere. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlatMemory, type Memory, type RegexPattern, regexPattern, search } from "../../src/index.js";
import { parseRegex } from "../../src/regex/parse.js";
import { type RequiredBytes, requiredBytes } from "../../src/regex/required-bytes.js";

const LONGEST = 100;

function required(source: string, mostRead?: number): RequiredBytes | undefined {
  return requiredBytes(parseRegex(source, { ignoreCase: false, dotAll: false }), LONGEST, mostRead);
}

/** Each pattern in the notation of hexPattern, but with bits: a digit for a known half of a byte, ? for another one, * for a letter without its case. */
function shown({ patterns, before }: RequiredBytes): string {
  const hex = (value: number, mask: number) => {
    if (mask === 0xff) return value >= 0x21 && value <= 0x7e ? String.fromCharCode(value) : `\\x${value.toString(16)}`;
    if (mask === 0xdf) return `${String.fromCharCode(value | 0x20)}*`;
    return `<${mask.toString(16)}:${value.toString(16)}>`;
  };
  const texts = patterns.map(({ values, masks }) => [...values].map((value, i) => hex(value, masks[i] ?? 0)).join(""));
  return `${texts.join(" ")} at ${before.least}..${before.most}`;
}

describe("required bytes", () => {
  // By hand: a digit is 0x30 to 0x39, so that its high half is 3; bits that letters from a to z share are 0x60 under 0xe0.
  it.each([
    ["abc", "abc at 0..0"],
    ["[0-9]{3}-[0-9]{4}", "<f0:30><f0:30><f0:30>-<f0:30><f0:30><f0:30><f0:30> at 0..0"],
    ["\\w+@example\\.com", "@example.com at 1..99"],
    ["(?i)pass(?:word|wd)?[=:]\\s", "p*a*s*s* at 0..0"],
    ["(?:needle|h[ae]ystack)-?[0-9]", "needle h<fb:61>ystack at 0..0"],
    ["x.{2,5}needle[a-z]*", "needle at 3..6"],
    ["(?:foo#){3,}bar", "foo#foo#foo# at 0..0"],
    ["[^a]{0,7}(?:needle){2,}=", "needleneedle at 0..7"],
    ["[a-z]*-{2,}needle", "--needle at 0..99"],
    ["(?:a|bcd)q7#(?:x|yz)", "aq7#x aq7#yz bcdq7#x bcdq7#yz at 0..0"],
    ["(?:\\w+first#|second#\\w+)", "first# second# at 0..99"],
    ["(?s)..\\x48\\x8b..\\xe8.", "H\\x8b<0:0><0:0>\\xe8 at 2..2"],
  ])("of %s are %s", (source, expected) => {
    const found = required(source);
    expect(found && shown(found)).toBe(expected);
  });

  it.each([
    ["may be left out", "(?:needle)?"],
    ["are in one of two ways only", "needle|[a-z]+"],
    ["are frequent", "\\x00\\x00"],
    ["are of any value", "[\\x00-\\xff]{9}"],
    ["are in too many ways", "[a-z]+(?:a1|b2|c3|d4|e5)(?:f6|g7|h8|i9|j0)?|[0-9]*|x{3,}|y{4,}"],
  ])("are none where they %s", (_, source) => {
    expect(required(source)).toBeUndefined();
  });
});

/** Fragments of the bytes of expressions, far from each other, so that a search for required bytes finds few places. */
const content = fc
  .array(fc.tuple(fc.nat(300), fc.array(fc.constantFrom(0x41, 0x61, 0x42, 0x00), { minLength: 1, maxLength: 30 })), {
    maxLength: 12,
  })
  .map((parts) => Uint8Array.from(parts.flatMap(([gap, fragment]) => [...new Array<number>(gap).fill(0xee), ...fragment])));

const atom = fc.constantFrom(
  "A",
  "a",
  "B",
  "Aa",
  "aAB",
  "[Aa]",
  "[AB]",
  "(?:Aa|Ba)",
  "(?:A|BaB)",
  "(?i:a)",
  ".",
  "[^A]",
  "\\x00",
);
const part = fc
  .tuple(atom, fc.constantFrom("", "", "", "{2}", "{1,3}", "{2,}", "?", "*", "+?"))
  .map(([text, times]) => (times === "" ? text : `(?:${text})${times}`));
const expression = fc
  .array(fc.array(part, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 2 })
  .map((ways) => ways.map((parts) => parts.join("")).join("|"));

async function placesOf(memory: Memory, pattern: RegexPattern): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of search(memory, [pattern], { threads: 1 }))
    found.push(...batch.map(({ address, length, cut }) => `${address}+${length}${cut ? " cut" : ""}`));
  return found;
}

describe("a search that begins with required bytes", () => {
  it("finds what a search everywhere finds", async () => {
    let begun = 0;
    await fc.assert(
      fc.asyncProperty(content, expression, fc.constantFrom(16, 40), async (bytes, source, longest) => {
        let pattern: RegexPattern;
        try {
          pattern = regexPattern(source, { longest });
        } catch {
          // The shortest match is longer.
          return;
        }
        const { required: _, ...everywhere } = pattern.regex;
        const node = parseRegex(source, { ignoreCase: false, dotAll: false });
        const needed = requiredBytes(node, everywhere.longest, Number.POSITIVE_INFINITY);
        if (needed) begun++;
        const memory = new FlatMemory(bytes, 0x1000n);
        const regex = { ...everywhere, ...(needed && { required: needed }) };
        expect(await placesOf(memory, { ...pattern, regex })).toEqual(await placesOf(memory, { ...pattern, regex: everywhere }));
      }),
      { numRuns: 400 },
    );
    expect(begun).toBeGreaterThan(200);
  });

  it("finds the same in windows with many, few and none of the bytes, with any number of threads", async () => {
    const memory = new FlatMemory(windows(), 0x10000n);
    for (const source of ["needle[a-z0-9]+", "[a-z0-9]+needle", "(?:needle|haystack)-\\w{3,}", "needle.*stack"]) {
      const pattern = regexPattern(source, { longest: 500 });
      const { required: needed, ...everywhere } = pattern.regex;
      expect(needed).toBeDefined();
      const expected = await placesOf(memory, { ...pattern, regex: everywhere });
      expect(expected.length).toBeGreaterThan(100);
      expect(await placesOf(memory, pattern)).toEqual(expected);
      const found: string[] = [];
      for await (const batch of search(memory, [pattern], { threads: 3 }))
        found.push(...batch.map(({ address, length, cut }) => `${address}+${length}${cut ? " cut" : ""}`));
      expect(found).toEqual(expected);
    }
  });

  it("reads no bytes again and again where the required bytes stand everywhere and lead to no match", async () => {
    const bytes = new Uint8Array(4 << 20).fill(0x61);
    for (let at = 0; at + 6 < bytes.length; at += 50) bytes.set(Buffer.from("needle"), at);
    const pattern = regexPattern("needle[a-z]+#", { longest: 65_536 });
    expect(pattern.regex.required).toBeDefined();
    // Each place alone would take 65,536 steps: 5,000,000,000 in all, which the time limit of a window would not allow.
    const found = search(new FlatMemory(bytes, 0n), [pattern], { threads: 1, timeLimit: 2000 });
    for await (const batch of found) expect(batch).toEqual([]);
    expect(found.coverage.complete).toBe(true);
  });
});

/** 6 MiB: needles everywhere in the third window, some in the others, none in the fifth; and one across each border of 1 MiB. */
function windows(): Uint8Array {
  const bytes = new Uint8Array(6 << 20);
  let state = 5;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const words = ["needle", "needle7 ", "x9needle", "haystack-abc ", "needle-of-the-haystack\n", "n", "e"];
  const put = (at: number) => bytes.set(Buffer.from(words[random(words.length)] ?? ""), at);
  for (let i = 0; i < 60_000; i++) put((2 << 20) + random((1 << 20) - 30));
  for (let i = 0; i < 400; i++) put(random(4 << 20));
  for (let i = 0; i < 50; i++) put((5 << 20) + random((1 << 20) - 30));
  for (let i = 1; i < 6; i++) bytes.set(Buffer.from("abneedle-of-the-haystack "), (i << 20) - 3 * i);
  return bytes;
}
