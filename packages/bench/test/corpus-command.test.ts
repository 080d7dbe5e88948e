import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { prepareFolder } from "../src/corpus/folder.js";
import { parseSeed, parseSize } from "../src/corpus/quantity.js";

const MAIN = new URL("../dist/corpus/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "memslice-corpus-command-"));
afterAll(() => rmSync(folder, { recursive: true }));

function samples(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env: { ...process.env, INIT_CWD: folder } });
}

describe("the corpus command", () => {
  it("the corpus command writes to a folder relative to the caller's, and prints number and size of the captures", () => {
    const { status, stdout } = samples("out", "--size", "64KiB", "--seed", "9");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Wrote \d+ captures, \d+\.\d MiB, to out \(seed 9, size 64\.0 KiB\)\n$/);
    const index = JSON.parse(readFileSync(join(folder, "out", "corpus.json"), "utf8"));
    expect(index).toMatchObject({ kind: "memslice.corpus", seed: 9, size: 65_536 });
    expect(stdout).toContain(`Wrote ${index.captures.length} captures`);
  });

  it.each([
    [[], "One folder is needed, not 0."],
    [["a", "--size", "10GB"], "--size takes a number with KiB, MiB, GiB or TiB"],
    [["a", "--nonsense"], "Unknown option"],
  ])("the corpus command ends with status 2 and its usage for the arguments %j", (args, reason) => {
    const { status, stdout, stderr } = samples(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(reason);
    expect(stderr).toContain("Usage: npm run corpus -- DIR");
  });

  it("the corpus command prints its usage for --help", () => {
    expect(samples("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("--size SIZE"), stderr: "" });
  });

  it("the corpus command refuses a folder that holds other files, and changes nothing in it", () => {
    mkdirSync(join(folder, "evidence"));
    writeFileSync(join(folder, "evidence", "plain.msl"), "evidence");
    const { status, stdout, stderr } = samples("evidence");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^.*evidence is neither empty nor a corpus of samples: it has no corpus\.json.*Nothing was written\.\n$/,
    );
    expect(readdirSync(join(folder, "evidence"))).toEqual(["plain.msl"]);
    expect(readFileSync(join(folder, "evidence", "plain.msl"), "utf8")).toBe("evidence");
  });

  it("the corpus command ends with status 1 and the reason if it cannot write", () => {
    writeFileSync(join(folder, "file"), "");
    const { status, stderr } = samples("file/below");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^E\w+: .*file\/below'\n$/);
  });
});

describe("prepareFolder", () => {
  const INDEX = JSON.stringify({ kind: "memslice.corpus" });

  function holding(files: Readonly<Record<string, string>>): string {
    const place = mkdtempSync(join(folder, "place-"));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
    return place;
  }

  it("prepareFolder removes the files of an earlier corpus", () => {
    const place = holding({ "corpus.json": INDEX, "a.msl": "", "a.json": "" });
    prepareFolder(place, ["a", "b"]);
    expect(readdirSync(place)).toEqual([]);
  });

  it.each([
    ["a file of another name", { "corpus.json": INDEX, "c.msl": "" }, /holds c\.msl, which is not part of one/],
    ["no index", { "a.msl": "" }, /has no corpus\.json/],
    ["an index of something else", { "corpus.json": "{}", "a.msl": "" }, /has no corpus\.json that says it is one/],
  ])("prepareFolder refuses a folder that has %s, and removes nothing", (_, files, reason) => {
    const place = holding(files);
    expect(() => prepareFolder(place, ["a", "b"])).toThrow(reason);
    expect(readdirSync(place).sort()).toEqual(Object.keys(files).sort());
  });

  it("prepareFolder refuses a folder with a link named like a capture, and removes nothing", () => {
    const place = holding({ "corpus.json": INDEX });
    symlinkSync(MAIN, join(place, "a.msl"));
    expect(() => prepareFolder(place, ["a"])).toThrow(/holds a\.msl/);
    expect(readdirSync(place).sort()).toEqual(["a.msl", "corpus.json"]);
  });
});

describe("sizes and seeds of the corpus", () => {
  it.each([
    ["64KiB", 65_536],
    ["16MiB", 16_777_216],
    ["1.5GiB", 1_610_612_736],
    ["10GiB", 10_737_418_240],
    ["100000", 100_000],
    ["1 TiB", 2 ** 40],
  ])("the corpus command parses the size %s as %i bytes", (text, size) => expect(parseSize(text)).toBe(size));

  it.each(["", "MiB", "-1MiB", "10GB", "1e9", "0x100000", "1MiB2", "NaN", "١MiB", "99999999999999"])(
    "the corpus command refuses %j as a size",
    (text) => expect(() => parseSize(text)).toThrow(/^--size takes a number with KiB/),
  );

  it.each(["0", "1KiB", "2TiB"])("the corpus command refuses the size %s, which is out of range", (text) =>
    expect(() => parseSize(text)).toThrow(/64KiB to 1TiB/),
  );

  it("the corpus command accepts seeds from 0 to 2^32 - 1 only", () => {
    expect([parseSeed("0"), parseSeed("4294967295")]).toEqual([0, 4_294_967_295]);
    for (const text of ["4294967296", "-1", "1.5", "", "1e3"])
      expect(() => parseSeed(text)).toThrow(/^--seed takes a whole number/);
  });
});
