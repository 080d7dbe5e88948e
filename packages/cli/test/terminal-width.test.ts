/** Lines that fit the terminal: what is shortened or continued, and what never is. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Column, shownCell } from "../src/tables/column.js";
import { tableLines } from "../src/tables/table-text.js";
import { flowed, hanging } from "../src/terminal/columns.js";
import { displayWidth, shortened } from "../src/terminal/display-width.js";
import { byteText, counted } from "../src/terminal/quantity-text.js";
import { capture, MAIN, msl } from "./run-msl.js";

/** Runs the command on a terminal of 80 columns, and returns its lines. */
function onTerminal(...args: readonly string[]): string[] {
  const quoted = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
  const { stdout } = spawnSync("script", ["-qec", `stty cols 80; NO_COLOR=1 ${quoted} 2>&1`, "/dev/null"], { encoding: "utf8" });
  // Progress is shown where the machine is slow, and erased.
  const lines = stdout.split(/\r?\n/).map((line) => line.split("\r\u001b[K").at(-1) ?? "");
  return lines.filter((line) => line !== "");
}

const LONG = capture("ms-strings-edge");
const TABLES = capture("ms-investigation-full");

describe.skipIf(process.platform !== "linux")("on a terminal of 80 columns", () => {
  it.each([
    ["modules", LONG],
    ["modules", capture("ms-modules-many")],
    ["maps", capture("rf-threads-x64")],
    ["processes", TABLES],
    ["connections", TABLES],
    ["handles", TABLES],
    ["keys", capture("ms-keyhints-many")],
    ["threads", capture("rf-threads-edge")],
    ["threads", capture("rf-threads-x64")],
    ["blocks", capture("ms-basic-plain")],
    ["blocks", capture("x-blocklen-huge")],
    ["blocks", capture("x-blocklen-huge"), "--salvage"],
    ["blocks", capture("x-compalgo-3")],
    ["hexdump", capture("ms-hugepage-zstd"), "bffff0", "64"],
    ["search", capture("ms-basic-plain"), "--encoding", "utf-16le,utf-16be,utf-8", "--text", "nothing", "--limit", "word"],
    ["hexdump", capture("ms-basic-plain"), "0", "--option-that-does-not-exist-and-is-so-long-that-the-line-has-to-go-on"],
  ])("the lines of msl %s of %s have at most 80 columns", (command, file, ...words) => {
    const lines = onTerminal(command, file, ...words);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
  });

  it.each([
    ["info", "CryptoHints, whichCapBitmapdoesnotannounce", "-v"],
    ["verify", "insertedremovedorreordered"],
    ["lint", "Somethinginthecapturewasalteredafteritwasfinished"],
  ])("msl %s continues long sentences on further lines", (command, sentence, ...options) => {
    const lines = onTerminal(command, capture("x-flip-middle"), ...options);
    // A path, a UUID or a hash is one word, which users copy.
    expect(lines.filter((line) => displayWidth(line) > 80 && line.trim().includes(" "))).toEqual([]);
    expect(lines.join("").replaceAll(/[\s,]+/g, "")).toContain(sentence.replaceAll(/[\s,]+/g, ""));
  });

  const MEMORY = capture("rf-threads-x64");
  const BASIC = capture("ms-basic-plain");
  it.each([
    ["search", MEMORY, "--hex", `00${" 00".repeat(30)}`, "--hex", "00 01", "--limit", "3", "-C", "8"],
    ["strings", MEMORY, "--limit", "40", "-n", "3"],
    ["strings", capture("md-pointer-graph"), "-n", "30", "--encoding", "all"],
    ["scan", fileURLToPath(new URL("command-lines.yar", import.meta.url)), BASIC, "--limit", "3"],
    ["pointers", MEMORY, "--into", "image", "--limit", "5"],
    ["pointers", MEMORY, "--table", "--limit", "5"],
    ["entropy", MEMORY],
    ["entropy", MEMORY, "--windows", "--limit", "5"],
    ["keys", MEMORY, "--find"],
    ["compare", BASIC, capture("x-flip-middle")],
    ["compare", capture("rf-threads-edge"), MEMORY],
  ])("msl %s %s continues findings on further lines, and leaves nothing of them out", (...args) => {
    const lines = onTerminal(...args);
    const words = (text: string) => text.replaceAll(/[\s]+/g, "");
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
    const { stdout } = msl(args);
    expect(words(lines.join("")).startsWith(words(stdout))).toBe(true);
  });

  it("msl hexdump has the place above a row, if there is no room behind it", () => {
    const lines = onTerminal("hexdump", capture("ms-basic-plain"), "7ffc00007ff0", "16");
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
    expect(lines[0]).toBe(`${" ".repeat(12)}  stack`);
    expect(msl(["hexdump", capture("ms-basic-plain"), "7ffc00007ff0", "16"]).stdout).toMatch(/\| {2}stack\n$/);
  });

  it("msl system continues long values on further lines", () => {
    const lines = onTerminal("system", TABLES);
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
    expect(lines.at(-1)).toMatch(/^ {10}\S/);
  });

  it("names are in full with -v, and where standard output is no terminal", () => {
    const [path = ""] = JSON.parse(msl(["processes", TABLES, "--json"]).stdout)
      .processes.map(({ cmdLine }: { readonly cmdLine: string }) => cmdLine)
      .filter((text: string) => text.length > 80);
    expect(onTerminal("processes", TABLES).join("")).toContain("…");
    expect(onTerminal("processes", TABLES, "-v").join("")).toContain(path);
    expect(msl(["processes", TABLES]).stdout).toContain(path);
    expect(msl(["processes", TABLES]).stdout).not.toContain("…");
  });
});

describe("shortened texts", () => {
  it("keep their start and their end, and take no more than the columns", () => {
    expect(shortened("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", 20)).toBe("/usr/lib/…rypto.so.3");
    expect(shortened("short", 5)).toBe("short");
    expect(shortened("日本語スレッド", 9)).toBe("日本…ッド");
    for (const text of ["a".repeat(50), "日".repeat(50), `e\u0301${"x".repeat(50)}`]) {
      for (let most = 1; most < 30; most++) expect(displayWidth(shortened(text, most))).toBeLessThanOrEqual(most);
    }
  });

  it("are names only: addresses, numbers and whole texts go on below instead", () => {
    interface Row {
      readonly base: bigint;
      readonly hash: string;
      readonly path: string;
    }
    const columns: readonly Column<Row>[] = [
      { name: "base", type: "address", value: ({ base }) => base },
      { name: "hash", type: "text", whole: true, value: ({ hash }) => hash },
      { name: "path", type: "text", value: ({ path }) => path },
    ];
    const row = { base: 0x7fffffffffffn, hash: "0123456789abcdef", path: "/a/very/long/path" };
    const [, line] = tableLines(columns, [row], 20);
    expect(line).toBe("0x7fffffffffff\n    0123456789abcdef\n    /a/very…ong/path");
    const [, full] = tableLines(columns, [row]);
    expect(full).toBe(`0x7fffffffffff  0123456789abcdef  ${row.path}`);
    expect(shownCell(columns[2] as Column<Row>, row)).toBe(row.path);
  });

  it("cells of findings go on below their line, and no character of them is left out", () => {
    const cells = ["0x0000560000000000", "image libcrypto.so.3+0x1a2b", "a".repeat(70), `日${"é".repeat(30)}`];
    expect(flowed(cells, undefined)).toBe(cells.join("  "));
    for (let width = 40; width < 140; width++) {
      const lines = flowed(cells, width).split("\n");
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(lines.join("").replaceAll(" ", "")).toBe(cells.join("").replaceAll(" ", ""));
    }
    const bold = "\u001b[1m0x00\u001b[22m";
    expect(flowed([bold, "x".repeat(36)], 42)).toBe(`${bold}  ${"x".repeat(36)}`);
    expect(flowed([bold, "x".repeat(37)], 42)).toBe(`${bold}\n    ${"x".repeat(37)}`);
  });

  it("sentences go on below their first line", () => {
    expect(hanging("ab  ", "one two three four five six seven", 30)).toBe("ab  one two three four five\n    six seven");
    expect(hanging("ab  ", "one two three", undefined)).toBe("ab  one two three");
    // A word with less room than it needs stands further left; a longer one than the terminal stays where it is.
    expect(hanging("ab        ", `one two ${"3".repeat(22)}, four ${"5".repeat(40)}`, 30)).toBe(
      `ab        one two\n       ${"3".repeat(22)},\n          four\n          ${"5".repeat(40)}`,
    );
    expect(hanging("/a/long/path/of/a/capture: ", "one two three four", 40)).toBe(
      "/a/long/path/of/a/capture: one two\n    three four",
    );
  });
});

describe("numbers", () => {
  it("bytes have three digits and never 1024 of a unit", () => {
    const texts = [0, 1, 2, 1023, 1024, 1536, 1047552, 1048575, 2 ** 40 - 1, 2 ** 40, 2 ** 64];
    expect(texts.map(byteText)).toEqual([
      ...["0 bytes", "1 byte", "2 bytes", "1023 bytes", "1.00 KiB", "1.50 KiB", "1023 KiB", "1.00 MiB"],
      ...["1.00 TiB", "1.00 TiB", "16.0 EiB"],
    ]);
  });

  it("nouns are in the plural, unless there is one", () => {
    expect([counted(0, "regions"), counted(1, "regions"), counted(2n, "regions")]).toEqual([
      "0 regions",
      "1 region",
      "2 regions",
    ]);
    const one = [counted(1, "matches"), counted(1n, "processes"), counted(1, "Key Hints")];
    expect(one).toEqual(["1 match", "1 process", "1 Key Hint"]);
  });
});
