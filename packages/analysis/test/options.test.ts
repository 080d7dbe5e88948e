/** Options that a function does not have, and values that they cannot have, are refused before anything is done. */
import { BytesSink } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { holdTables } from "../../msl/test/support/wrong-options.js";
import * as analysis from "../src/index.js";
import { OPTION_TABLES } from "../src/options/tables.js";

const memory = new analysis.FlatMemory(new Uint8Array(4096), 0n);
const capture = { memory, regions: async () => [] };
const patterns = [analysis.hexPattern("41")];
const RULES = "rule a { condition: true }";

/** A call as a program without a compiler makes it. */
const loose = (f: (...given: never[]) => unknown) => f as unknown as (...given: unknown[]) => unknown;

holdTables(OPTION_TABLES, {
  search: (options) => loose(analysis.search)(memory, patterns, options),
  countMatches: (options) => loose(analysis.countMatches)(memory, patterns, options),
  textPattern: (options) => loose(analysis.textPattern)("text", options),
  textPatterns: (options) => loose(analysis.textPatterns)("text", options),
  integerPattern: (options) => loose(analysis.integerPattern)(1, options),
  regexPattern: (options) => loose(analysis.regexPattern)("a", options),
  parsePatterns: (options) => loose(analysis.parsePatterns)("text", options),
  strings: (options) => loose(analysis.strings)(memory, options),
  entropy: (options) => loose(analysis.entropy)(memory, options),
  entropyByRegion: (options) => loose(analysis.entropyByRegion)(capture, options),
  pointersTo: (options) => loose(analysis.pointersTo)(memory, 1n, options),
  pointerTable: (options) => loose(analysis.pointerTable)(memory, [{ start: 0n, end: 4096n }], options),
  findKeys: (options) => loose(analysis.findKeys)(memory, options),
  hintedKeys: (options) => loose(analysis.hintedKeys)([], options),
  keyLogLines: (options) => loose(analysis.keyLogLines)([], options),
  scanYara: (options) => loose(analysis.scanYara)(memory, RULES, options),
  checkYaraRules: (options) => loose(analysis.checkYaraRules)(RULES, options),
  compare: (options) => loose(analysis.compare)({ memory }, { memory }, options),
  copyContent: (options) => loose(analysis.copyContent)(memory, 0n, 1n, new BytesSink(), options),
  packContent: (options) => loose(analysis.packContent)(memory, 0n, 1n, new BytesSink(), options),
  startThreadsAhead: (options) => loose(analysis.startThreadsAhead)(options),
  initialiseAnalysis: (options) => loose(analysis.initialiseAnalysis)(options),
});

describe("what options are together", () => {
  it("is refused if it makes no sense", async () => {
    expect(() => analysis.search(memory, patterns, { from: 2n, to: 1n })).toThrow(/0x2 to 0x1 are no range/);
    expect(() => analysis.pointersTo(memory, 1n, { pointerBytes: 4, alignment: 8 })).toThrow(/alignment is 8 bytes/);
    expect(() => analysis.pointersTo(memory, 1n, { pointerBytes: 4, ignoredBits: 1n << 32n })).toThrow(/ignored bits/);
    const numbers = analysis.entropy(memory, { regions: [{ start: 1, end: 2 }] as never });
    await expect(numbers[Symbol.asyncIterator]().next()).rejects.toThrow(/expected bigints/);
  });

  it("a misspelt option is not taken for another one that is left out", () => {
    expect(() => analysis.search(memory, patterns, { treads: 2 } as never)).toThrow(
      'search: there is no option "treads"; did you mean threads?',
    );
  });

  it("no limit can be asked for", async () => {
    let count = 0;
    const answer = analysis.search(memory, [analysis.hexPattern("00")], { limit: Number.POSITIVE_INFINITY });
    for await (const batch of answer) count += batch.length;
    expect(count).toBe(4096);
    expect(() => analysis.search(memory, patterns, { limit: 0 })).toThrow(
      "search: the option limit is 0, expected an integer from 1 to 2^53 - 1 (findings) or Infinity",
    );
  });
});
