/** `scanYara` against the program yara, and over memories with holes, borders and rules that are meant to cost much. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { checkYaraRules, FlatMemory, initialiseAnalysis, type Memory, type ScanYaraOptions, scanYara } from "../../src/index.js";
import { isInstalled } from "../support/node-keys.js";
import { SparseMemory } from "../support/sparse-memory.js";

const folder = mkdtempSync(join(tmpdir(), "msl-yara-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => initialiseAnalysis({}));

/** Rule, pattern, address and length of each match. */
async function matchesIn(
  memory: Memory,
  rules: string,
  options: ScanYaraOptions = {},
): Promise<(readonly [string, string, number, number])[]> {
  const found: (readonly [string, string, number, number])[] = [];
  for await (const batch of scanYara(memory, rules, options)) {
    for (const { rule, pattern = "", address, length } of batch) found.push([rule.identifier, pattern, Number(address), length]);
  }
  return found;
}

const RULES = `
import "math"
rule text { strings: $a = "needle" $b = "NEEDLE" nocase $w = "wide" wide ascii condition: any of them }
rule bytes : tag { meta: level = 3 strings: $h = { 48 8b ?? [2-4] e8 } condition: #h > 2 }
rule expression { strings: $r = /us[a-z]{2,8}[0-9]+@(host|example)\\.com/ condition: $r and filesize > 1000 }
rule place { strings: $m = "MZ" condition: $m at 0 or uint16(0) == 0x5a4d }
rule count { strings: $x = "xyzzy" condition: #x == 40 and @x[1] > 100 and $x in (0..filesize) }
private rule hidden { strings: $n = "needle" condition: $n }
rule uses_hidden { strings: $q = "absent" condition: hidden and not $q and math.entropy(0, filesize) > 1 }
rule whole_word { strings: $f = "word" fullword condition: $f }
rule never { strings: $n = "needle" condition: $n and filesize < 10 }
`;

/** 1 MiB of noise with everything that RULES look for. */
function plantedImage(): Uint8Array {
  const image = new Uint8Array(1 << 20);
  let state = 99;
  for (let i = 0; i < image.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    image[i] = state >>> 16;
  }
  const put = (bytes: Uint8Array | string, at: number) => image.set(Buffer.from(bytes as string), at);
  put("MZ", 0);
  for (let i = 0; i < 40; i++) put("xyzzy", 1000 + 2503 * i);
  for (const [i, text] of ["needle", "NeEdLe", "user77@example.com", " word ", "sword", "wide"].entries()) {
    for (let at = 500 + 64 * i; at < image.length - 100; at += 50_021) put(text, at);
  }
  put(Buffer.from("wide", "utf16le"), 7777);
  for (let i = 0; i < 5; i++) put(Uint8Array.of(0x48, 0x8b, i, 1, 2, 3, 0xe8), 300_000 + 1000 * i);
  return image;
}

describe("scanYara", () => {
  it.skipIf(!isInstalled("yara"))(
    "finds in an image what the program yara finds in the file, with any number of threads",
    async () => {
      const image = plantedImage();
      writeFileSync(join(folder, "image.raw"), image);
      writeFileSync(join(folder, "rules.yar"), RULES);
      const output = execFileSync("yara", ["-w", "-s", "-L", join(folder, "rules.yar"), join(folder, "image.raw")], {
        maxBuffer: 1 << 28,
      });
      const expected: (readonly [string, string, number, number])[] = [];
      let rule = "";
      let patterns = 0;
      const close = () => rule !== "" && patterns === 0 && expected.push([rule, "", 0, image.length]);
      for (const line of output.toString("latin1").split("\n")) {
        const [, offset, length, pattern] = /^0x([0-9a-f]+):([0-9]+):(\$\w+)/.exec(line) ?? [];
        if (offset !== undefined) {
          expected.push([rule, pattern ?? "", Number.parseInt(offset, 16), Number(length)]);
          patterns++;
        } else if (line.endsWith("image.raw")) {
          close();
          rule = line.split(" ")[0] ?? "";
          patterns = 0;
        }
      }
      close();
      const inOrder = (list: readonly (readonly [string, string, number, number])[]) =>
        list.map((row) => JSON.stringify(row)).sort();
      expect(new Set(expected.map(([name]) => name))).toEqual(
        new Set(["text", "bytes", "expression", "place", "count", "uses_hidden", "whole_word"]),
      );
      const one = await matchesIn(new FlatMemory(image, 0n), RULES, { threads: 1 });
      expect(inOrder(one)).toEqual(inOrder(expected));
      expect(await matchesIn(new FlatMemory(image, 0n), RULES, { threads: 2 })).toEqual(one);
      expect(one.map(([, , address]) => address)).toEqual(one.map(([, , address]) => address).sort((a, b) => a - b));
    },
  );

  it("finds matches at the borders of windows once, with one and with two threads", async () => {
    const window = 256 << 10;
    const step = window - 65_536;
    const image = new Uint8Array(3 * window);
    const places = [0, window - 6, window - 3, step - 6, step - 3, step, step + 70_000, 2 * step + 65_530, image.length - 6];
    const apart = places.sort((a, b) => a - b).filter((place, i, all) => i === 0 || place - (all[i - 1] ?? 0) >= 6);
    for (const place of apart) image.set(Buffer.from("needle"), place);
    const rules = 'rule a { strings: $a = "needle" condition: $a }';
    for (const threads of [1, 2]) {
      const found = await matchesIn(new FlatMemory(image, 0x1000n), rules, { windowBytes: window, threads });
      expect(found).toEqual(apart.map((place) => ["a", "$a", 0x1000 + place, 6]));
    }
  });

  it("hundreds of short runs are scanned by all threads, each once, in order", async () => {
    const list = Array.from({ length: 300 }, (_, i) => ({
      address: BigInt(0x1000 + 100 * i),
      content: new Uint8Array(Buffer.from(i % 3 === 0 ? "a needle" : "straw")),
    }));
    const rules = 'rule a { strings: $a = "needle" condition: $a } rule b { condition: filesize == 5 }';
    const expected = list.map(({ address }, i) =>
      i % 3 === 0 ? ["a", "$a", Number(address) + 2, 6] : ["b", "", Number(address), 5],
    );
    for (const threads of [1, 2]) {
      const memory = new SparseMemory(list);
      expect(await matchesIn(memory, rules, { threads })).toEqual(expected);
      // 64 runs are one job.
      expect(memory.reads).toBe(5);
    }
  });

  it("each run of captured bytes is a file of its own: holes, offsets, sizes and global rules", async () => {
    const bytes = (text: string) => new Uint8Array(Buffer.from(text));
    const memory = new SparseMemory([
      { address: 0x1000n, content: bytes("MZ nee") },
      { address: 0x1006n, content: bytes("dle") },
      { address: 0x1009n, content: { length: 7, state: "failed" } },
      { address: 0x1010n, content: bytes("MZ nee") },
      { address: 0x1020n, content: bytes("dle MZ") },
    ]);
    expect(await matchesIn(memory, 'rule n { strings: $n = "needle" condition: $n }')).toEqual([["n", "$n", 0x1003, 6]]);
    expect(await matchesIn(memory, 'rule n { strings: $m = "MZ" condition: $m at 0 }')).toEqual([
      ["n", "$m", 0x1000, 2],
      ["n", "$m", 0x1010, 2],
    ]);
    expect(await matchesIn(memory, "rule s { condition: filesize == 6 }")).toEqual([
      ["s", "", 0x1010, 6],
      ["s", "", 0x1020, 6],
    ]);
    const global = 'global rule g { condition: filesize > 6 } rule n { strings: $m = "MZ" condition: $m }';
    expect(await matchesIn(memory, global)).toEqual([
      ["g", "", 0x1000, 9],
      ["n", "$m", 0x1000, 2],
    ]);
    const found = scanYara(memory, "rule s { condition: filesize == 6 }");
    for await (const _ of found);
    expect(found.coverage).toMatchObject({ searched: 21n, notSearched: { failed: 7n }, complete: false });
  });

  it("private patterns are not reported, tags and metadata are", async () => {
    const rules = 'rule a : t1 t2 { meta: x = 7 y = "z" strings: $p = "aa" private $q = "bb" condition: $p and $q }';
    for await (const [match] of scanYara(new FlatMemory(Buffer.from("aabb"), 0n), rules)) {
      expect(match).toMatchObject({
        address: 2n,
        pattern: "$q",
        rule: { identifier: "a", namespace: "default", tags: ["t1", "t2"] },
      });
      expect(match?.rule.metadata).toEqual([
        { identifier: "x", value: 7 },
        { identifier: "y", value: "z" },
      ]);
    }
  });

  it("the limit ends a scan, and more matches of a pattern than are kept are said", async () => {
    const memory = new FlatMemory(new Uint8Array(100_000), 0n);
    const rules = "rule z { strings: $z = { 00 } condition: $z }";
    const limited = scanYara(memory, rules, { limit: 3, mostMatches: 10 });
    const addresses: bigint[] = [];
    for await (const batch of limited) addresses.push(...batch.map(({ address }) => address));
    expect(addresses).toEqual([0n, 1n, 2n]);
    expect(limited.coverage).toMatchObject({ atLimit: true, complete: false });
    const cut = scanYara(memory, rules, { mostMatches: 10 });
    let count = 0;
    for await (const batch of cut) count += batch.length;
    expect([count, cut.coverage.atLimit]).toEqual([10, true]);
  });
});

describe("rules that cannot be scanned", () => {
  const memory = new FlatMemory(new Uint8Array(1000), 0x5000n);
  it.each([
    ['import "pe"\nrule a { condition: pe.is_pe }', /module pe in line 1, which needs a whole file/],
    ['rule b { condition: true }\n/* x\n */ import "elf"\nrule a { condition: true }', /module elf in line 3/],
    ['import "console"\nrule a { condition: console.log("x") }', /module console in line 1, which prints/],
    ['// one\ninclude "other.yar"', /include in line 2/],
    ["rule a {\n condition: $b }", /do not compile: error\[E025\]: unknown pattern `\$b`\n --> line:2:13/],
    ['import "nope"\nrule a { condition: true }', /do not compile: .*unknown module/],
    ["rule a { condition: entrypoint == 1 }", /entrypoint/],
  ])("%j are refused", async (rules, message) => {
    await expect((async () => matchesIn(memory, rules))()).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(message),
    });
    await expect((async () => checkYaraRules(rules))()).rejects.toMatchObject({ code: "usage" });
  });

  it("does not take texts, comments and expressions for the imports and includes that they look like", async () => {
    const rules = `// import "pe"
      /* include "x" */
      rule a { strings: $a = "import \\"pe\\"" $b = /import "elf"/ condition: any of them }`;
    const image = Buffer.from('import "pe" import "elf"');
    expect(await matchesIn(new FlatMemory(image, 0n), rules)).toEqual([
      ["a", "$a", 0, 11],
      ["a", "$b", 12, 12],
    ]);
  });

  it("warnings of the compiler are returned", async () => {
    expect(await checkYaraRules("rule a { strings: $a = { 00 } condition: $a }")).toEqual([
      expect.stringMatching(/slow pattern/),
    ]);
  });

  it("a condition that loops ends at the time limit, and the event loop goes on", async () => {
    const looping = "rule a { condition: for all i in (0..100000000000) : (i >= 0) }";
    let turns = 0;
    const timer = setInterval(() => turns++, 20);
    await expect(matchesIn(memory, looping, { timeLimit: 3000 })).rejects.toMatchObject({
      code: "limit",
      message: expect.stringMatching(/took more than 3000 ms for the 1000 bytes at 0x5000: .* timeLimit$/),
    });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(20);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 500);
    await expect(matchesIn(memory, looping, { signal: abort.signal })).rejects.toMatchObject({ code: "aborted" });
  });

  it("rules of a megabyte are compiled and found", async () => {
    const rules = Array.from(
      { length: 8200 },
      (_, i) => `rule r${i} { strings: $a = "needle number ${i} ${"x".repeat(60)}" condition: $a }`,
    );
    const image = Buffer.from(`needle number 4321 ${"x".repeat(60)}`);
    expect(rules.join("\n").length).toBeGreaterThan(1_000_000);
    expect(await matchesIn(new FlatMemory(image, 0n), rules.join("\n"))).toEqual([["r4321", "$a", 0, 79]]);
  });

  it("an engine that cannot be loaded, and a worker that does not start, are named", async () => {
    const rules = "rule a { condition: true }";
    await expect(matchesIn(memory, rules, { engine: { script: "file:///nowhere/yara.js" } })).rejects.toMatchObject({
      code: "unsupported-runtime",
      message: expect.stringMatching(/cannot be loaded from file:\/\/\/nowhere/),
    });
    initialiseAnalysis({ worker: "file:///nowhere/worker.js" });
    await expect(matchesIn(memory, rules)).rejects.toMatchObject({ code: "unsupported-runtime" });
  });

  it.each([{ windowBytes: 1000 }, { mostMatches: 0 }, { timeLimit: 0 }, { limit: 0 }])(
    "the options %j are refused",
    (options) => {
      expect(() => scanYara(memory, "rule a { condition: true }", options)).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );
});
