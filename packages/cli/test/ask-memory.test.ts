/** `msl search` and `msl strings`: what they find, how they show it, and the statuses they end with. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fileSink, MslWriter, openCapture, pagesOf } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asciiText, hexRows, spacedHex } from "../src/terminal/hex-text.js";
import { capture, MAIN, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-ask-memory-"));
const WHOLE = join(scratch, "whole.msl");
const HOLED = join(scratch, "holed.msl");
const CUT_OFF = join(scratch, "cut-off.msl");
const UNREADABLE = capture("x-bad-magic");
const BASE = 0x7f0000000000n;
const PAGE = 4096;
const UNSAFE = /[\p{Cc}\p{Cf}]/u;

beforeAll(async () => {
  await writeSample(WHOLE, false);
  await writeSample(HOLED, true);
  writeFileSync(CUT_OFF, readFileSync(WHOLE));
  truncateSync(CUT_OFF, readFileSync(WHOLE).length - 20);
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** A heap of two pages, or of two pages with a failed page in between. A module begins 0x100 bytes into the heap. */
async function writeSample(path: string, holed: boolean): Promise<void> {
  const bytes = new Uint8Array(2 * PAGE);
  bytes.set(Buffer.from("PassWord"), PAGE - 4);
  // With a zero before it, the text would be one of UTF-16BE, too.
  bytes[15] = 1;
  bytes.set(Buffer.from("Secret", "utf16le"), 16);
  bytes.set(Buffer.from("aaaa"), 0x110);
  new DataView(bytes.buffer).setBigUint64(0x400, BASE + 0x110n, true);
  new DataView(bytes.buffer).setBigUint64(0x603, (BASE + 0x1ffen) | (0xffn << 56n), true);
  bytes.set(Buffer.from("\u009b\u202e hostile", "utf8"), 0x200);
  const writer = new MslWriter(await fileSink(path), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: ["ModuleEntry", "MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  const module = { baseAddr: BASE + 0x100n, moduleSize: 0x800n, path: "/lib/\u001b[31mlibÄ.so" };
  await writer.moduleListIndex({ entries: [module] });
  await writer.moduleEntry(module);
  const head = { baseAddr: BASE, protection: 3, regionType: "heap", pageSizeLog2: 12, timestampNs: 0n, pageData: bytes } as const;
  const states = [1, 1, 1].map((count, i) => ({ count, state: i === 1 ? ("failed" as const) : ("captured" as const) }));
  await writer.memoryRegion(
    holed ? { ...head, regionSize: BigInt(3 * PAGE), pages: pagesOf(states) } : { ...head, regionSize: BigInt(2 * PAGE) },
  );
  await writer.end();
}

const lines = (text: string) => text.trimEnd().split("\n");
const rows = (args: readonly string[]) => lines(msl([...args, "--ndjson"]).stdout).map((line) => JSON.parse(line));

describe("bytes as text", () => {
  it("bytes that are not printable are dots, and rows begin at multiples of 16", () => {
    const bytes = Uint8Array.of(0x1b, 0x41, 0x7e, 0x7f, 0xff);
    expect(asciiText(bytes)).toBe(".A~..");
    expect(spacedHex(bytes, 2)).toBe("1b 41 ...");
    expect([...hexRows(0x100en, bytes)]).toEqual([
      `000000001000  ${" ".repeat(42)}1b 41 |${" ".repeat(14)}.A|`,
      `000000001010  7e 7f ff${" ".repeat(39)} |~..${" ".repeat(13)}|`,
    ]);
  });
});

describe("msl search", () => {
  it("a line shows address, region, module and bytes; matches lie across pages, also overlap, and no character controls the terminal", () => {
    expect(msl(["search", WHOLE, "--text", "PassWord"])).toEqual({
      status: 0,
      stdout: "0x00007f0000000ffc  heap  50 61 73 73 57 6f 72 64  |PassWord|\n",
      stderr: `msl: ${WHOLE}: 1 match; 8.00 KiB searched, all that was asked for\n`,
    });
    const found = lines(msl(["search", WHOLE, "--text", "aa"]).stdout);
    expect(found.map((line) => line.split("  ").slice(0, 2))).toEqual(
      [0x10, 0x11, 0x12].map((at) => [
        `0x00007f0000000${(0x100 + at).toString(16)}`,
        `heap \\u{1b}[31mlibÄ.so+0x${at.toString(16)}`,
      ]),
    );
    for (const line of found) expect(line).not.toMatch(UNSAFE);
  });

  it("texts match without case and in UTF-16 when asked to, and a line names its pattern if there are several", () => {
    expect(msl(["search", WHOLE, "--text", "password"]).status).toBe(1);
    expect(msl(["search", WHOLE, "--text", "password", "-i", "--count"]).stdout).toBe("1\n");
    expect(msl(["search", WHOLE, "--text", "Secret"]).status).toBe(1);
    const [line = ""] = lines(msl(["search", WHOLE, "--text", "secret", "-i", "--utf16"]).stdout);
    expect(line).toMatch(/^0x00007f0000000010 {2}heap {2}secret \(utf-16le\) {2}53 00 65 00 .* {2}\|S\.e\.c\.r\.e\.t\.\|$/);
    expect(msl(["search", WHOLE, "--text", "Secret", "--encoding", "utf-16be"]).status).toBe(1);
    expect(msl(["search", WHOLE, "--text", "Secret", "--encoding", "all", "-c"]).stdout).toBe("1\n");
    expect(msl(["search", WHOLE, "--text", "Secret", "--encoding", "utf-8,utf-16le,utf-8", "-c"]).stdout).toBe("1\n");
  });

  it("finds regular expressions, cuts them at --longest, and refuses anchors as wrong usage", () => {
    const [line = ""] = lines(msl(["search", WHOLE, "--regex", "(?i)pass[a-z]+"]).stdout);
    expect(line).toMatch(/\|PassWord\|$/);
    const cut = JSON.parse(msl(["search", WHOLE, "--regex", "pass[a-z]+", "-i", "--longest", "6", "--json"]).stdout);
    expect(cut.matches).toEqual([
      expect.objectContaining({ length: 6, cut: true, bytes: Buffer.from("PassWo").toString("hex") }),
    ]);
    expect(msl(["search", WHOLE, "--regex", "nowhere\\d+"]).status).toBe(1);
    const refused = msl(["search", WHOLE, "--regex", "(a+)+$"]);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("the anchor $ at character 6") });
    expect(msl(["search", WHOLE, "--regex", "a", "--longest", "0"]).status).toBe(2);
  });

  it("the JSON of matches is what a search of the bytes themselves finds, with bytes around each match", async () => {
    const opened = await openCapture(WHOLE);
    const { segments } = await opened.memory.read(BASE, 2 * PAGE);
    const bytes = Buffer.concat(segments.map((segment) => segment.bytes ?? new Uint8Array(0)));
    await opened.close();
    const expected = [...bytes.keys()]
      .filter((at) => bytes[at] === 0x61 && (bytes[at + 1] ?? 0) >> 4 === 6)
      .map((at) => BASE + BigInt(at));
    const document = JSON.parse(msl(["search", WHOLE, "--hex", "61 6?", "--json", "-C", "3"]).stdout);
    expect(document.matches.map(({ address }: { address: string }) => BigInt(address))).toEqual(expected);
    for (const { address, length, before, bytes: own, after } of document.matches) {
      const at = Number(BigInt(address) - BASE);
      expect([before, own, after].join("")).toBe(bytes.subarray(at - 3, at + length + 3).toString("hex"));
    }
    expect(document).toMatchObject({ schema: "msl.search/1", file: WHOLE, patterns: ["61 6?"], count: expected.length });
    expect(document.matches[0]).toMatchObject({ regionBase: "0x7f0000000000", regionType: "heap", moduleOffset: "0x10" });
  });

  it("lines of JSON have each match, then the count and the coverage", () => {
    const found = rows(["search", HOLED, "--text", "aaa"]);
    expect(found.map(({ schema }) => schema)).toEqual(Array(3).fill("msl.search/1"));
    expect(found.slice(0, 2).map(({ address, pattern }) => [address, pattern])).toEqual([
      ["0x7f0000000110", "aaa"],
      ["0x7f0000000111", "aaa"],
    ]);
    expect(found[2]).toMatchObject({
      count: 2,
      coverage: { searched: "8192", notSearched: { failed: "4096" }, complete: false },
    });
  });

  it("no match lies across a page that failed, and bytes around a match end there", () => {
    expect(msl(["search", HOLED, "--text", "PassWord"]).status).toBe(4);
    const [{ after, before }] = rows(["search", HOLED, "--text", "ass", "-C", "8"]);
    expect([before, after]).toEqual(["0000000000000050", ""]);
  });

  it.each([
    ["7f0000000110-7f0000000112", 1],
    ["7f0000000110+2", 1],
    ["7f0000000111+0x3", 2],
    ["libÄ.so", 3, true],
    ["heap", 3],
    ["7f0000000000+8KiB", 3],
  ])("a range bounds the search: %s", (range, count, escaped = false) => {
    const word = escaped ? `\u001b[31m${range}` : range;
    expect(msl(["search", WHOLE, "--text", "aa", "--range", word, "--count"]).stdout).toBe(`${count}\n`);
  });

  it("several ranges are searched in the order of addresses, once each", () => {
    const ranges = ["7f0000000112+2", "7f0000000110+3", "7f0000000000+1"].flatMap((range) => ["--range", range]);
    const found = rows(["search", WHOLE, "--text", "aa", ...ranges]);
    expect(found.slice(0, -1).map(({ address }) => address)).toEqual(["0x7f0000000110", "0x7f0000000111", "0x7f0000000112"]);
    expect(found.at(-1).coverage.searched).toBe("5");
  });

  it("--limit ends the search of each file, and says what was left out", () => {
    const ranges = ["--range", "7f0000000110+2", "--range", "7f0000000113+2"];
    const found = rows(["search", WHOLE, "--text", "a", "--limit", "2", ...ranges]);
    expect(found).toHaveLength(3);
    expect(found[2]).toMatchObject({ count: 2, coverage: { notSearched: { leftOut: "2" }, complete: false } });
    expect(rows(["search", WHOLE, WHOLE, "--text", "a", "--limit", "2"])).toHaveLength(6);
  });

  it("patterns come from a file, one in each line", () => {
    const path = join(scratch, "patterns.txt");
    writeFileSync(path, "PassWord\r\n\nhex:61 61 61\ntext:hex:\n");
    const document = JSON.parse(msl(["search", WHOLE, "--patterns-file", path, "--json"]).stdout);
    expect(document.patterns).toEqual(["PassWord", "61 61 61", "hex:"]);
    expect(document.matches.map(({ pattern }: { pattern: string }) => pattern)).toEqual(["61 61 61", "61 61 61", "PassWord"]);
    writeFileSync(path, "PassWord\nhex:6\n");
    expect(msl(["search", WHOLE, "--patterns-file", path])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`${path}: Line 2 `),
    });
  });

  it.each([
    [["search", WHOLE], "needs a pattern"],
    [["search", "--text", "a"], "needs a file"],
    [["search", WHOLE, "--hex", "4"], "two for each byte"],
    [["search", WHOLE, "--hex", "??"], "at least one hex digit"],
    [["search", WHOLE, "--text", ""], "is empty"],
    [["search", WHOLE, "--text", "a", "--range", "nowhere"], "is no range"],
    [["search", WHOLE, "--text", "a", "--range", "2-1"], "is empty or passes"],
    [["search", WHOLE, "--text", "a", "--limit", "0"], "a number above 0"],
    [["search", WHOLE, "--text", "a", "--context", "5000"], "from 0 to 4096"],
    [["search", WHOLE, "--text", "a", "--encoding", "ascii"], "--encoding takes"],
    [["search", WHOLE, "--patterns-file", "/no/such/patterns"], "/no/such/patterns cannot be opened"],
    [["strings", WHOLE, "-n", "0"], "from 1 to 65536"],
    [["strings", WHOLE, "--encoding", "latin-1"], "--encoding takes"],
    [["search", WHOLE, HOLED, "--text", "a", "--json"], "use --ndjson"],
  ])("wrong usage is refused with status 2: msl %j", (args, message) => {
    expect(msl(args)).toMatchObject({
      status: 2,
      stdout: args.includes("--json") ? expect.anything() : "",
      stderr: expect.stringContaining(message),
    });
  });
});

describe("the exit status of a question to memory", () => {
  it.each([
    ["a match", [WHOLE], "aaaa", 0],
    ["a match, though a page failed", [HOLED], "aaaa", 0],
    ["no match in all of the memory", [WHOLE], "nowhere", 1],
    ["no match, but a page failed", [HOLED], "nowhere", 4],
    ["no match, but the capture is cut off", [CUT_OFF], "nowhere", 4],
    ["a match in one of two files", [WHOLE, HOLED], "PassWord", 0],
    ["no match in two files, one of them with a failed page", [WHOLE, HOLED], "nowhere", 4],
    ["no match in two whole files", [WHOLE, WHOLE], "nowhere", 1],
    ["a file that is not readable", [UNREADABLE], "aaaa", 3],
    ["a match, and a file that is not readable", [WHOLE, UNREADABLE], "aaaa", 3],
    ["no match, and a file that is not readable", [UNREADABLE, WHOLE], "nowhere", 3],
    ["a match, and a file that does not exist", ["/no/such/file", WHOLE], "aaaa", 2],
  ])("%s", (_, files, text, status) => {
    for (const options of [[], ["--count"], ["--ndjson"]])
      expect(msl(["search", ...files, "--text", text, ...options]).status).toBe(status);
  });

  it("the other files are searched when one cannot be read: as text, and as lines of JSON", () => {
    const args = ["search", UNREADABLE, WHOLE, "--text", "aaaa"];
    expect(lines(msl(args).stdout).slice(0, 2)).toEqual([`${WHOLE}:`, expect.stringContaining("0x00007f0000000110")]);
    expect(msl(args).stderr).toContain("2 files: 1 not readable as MSL, 1 searched");
    const [error, match, end] = rows(args);
    expect(error).toMatchObject({ schema: "msl.search/1", file: UNREADABLE, error: { code: "not-msl" } });
    expect([match.file, match.address, end.count]).toEqual([WHOLE, "0x7f0000000110", 1]);
    expect(msl([...args, "--count"]).stdout).toBe(`${WHOLE}: 1\n`);
  });

  it("a range that one capture does not have is an error of that file", () => {
    const other = capture("ms-basic-plain");
    const { status, stdout } = msl(["search", other, WHOLE, "--text", "aaaa", "--range", "heap", "--count"]);
    expect([status, lines(stdout).at(-1)]).toEqual([2, `${WHOLE}: 1`]);
  });
});

describe("msl strings", () => {
  it("strings have addresses, places, encodings and escaped text", () => {
    const found = lines(msl(["strings", WHOLE, "-n", "6", "--encoding", "all"]).stdout).map((line) => line.split("  "));
    expect(found).toEqual([
      ["0x00007f0000000010", "heap", "utf-16le", "Secret"],
      ["0x00007f0000000202", "heap \\u{1b}[31mlibÄ.so+0x102", "utf-8", "\\u{202e} hostile"],
      ["0x00007f0000000ffc", "heap", "utf-8", "PassWord"],
    ]);
    expect(msl(["strings", WHOLE]).stdout).not.toMatch(/[^\n\P{Cc}]/u);
    expect(lines(msl(["strings", WHOLE, "--encoding", "ascii", "-n", "8"]).stdout)[1]).toBe("0x00007f0000000ffc  heap  PassWord");
  });

  it("as JSON, with a count, a limit and a range", () => {
    const document = JSON.parse(msl(["strings", WHOLE, "--json", "--limit", "1", "--range", "7f0000000100-7f0000001100"]).stdout);
    expect(document.strings).toEqual([
      {
        address: "0x7f0000000110",
        ...{ module: "/lib/\u001b[31mlibÄ.so", moduleOffset: "0x10", regionBase: "0x7f0000000000", regionType: "heap" },
        ...{ length: 4, encoding: "ascii", text: "aaaa" },
      },
    ]);
    expect(document.count).toBe(1);
    expect(JSON.parse(msl(["strings", WHOLE, "--json", "--count", "-n", "8"]).stdout)).toMatchObject({ count: 2 });
    expect(msl(["strings", HOLED, "-n", "8", "--range", "7f0000001000+0x1000"]).status).toBe(4);
  });
});

describe("msl pointers", () => {
  it("a line shows where the pointer stands, its value, and where it leads", () => {
    expect(msl(["pointers", WHOLE, "--to", "7f0000000110", "-q"])).toEqual({
      status: 0,
      stdout: "0x00007f0000000400  heap \\u{1b}[31mlibÄ.so+0x300  -> 0x00007f0000000110  heap \\u{1b}[31mlibÄ.so+0x10\n",
      stderr: "",
    });
    expect(msl(["pointers", WHOLE, "--to", "\u001b[31mlibä.so+0x10", "-c"]).stdout).toBe("1\n");
    expect(msl(["pointers", WHOLE, "--to", "7f0000000111"]).status).toBe(1);
    expect(msl(["pointers", HOLED, "--to", "7f0000000111"]).status).toBe(4);
  });

  it("pointers into a range are found at any alignment and with tags when asked to", () => {
    const into = ["pointers", WHOLE, "--into", "heap"];
    expect(rows(into).slice(0, -1)).toMatchObject([
      { address: "0x7f0000000400", value: "0x7f0000000110", targetModuleOffset: "0x10" },
    ]);
    expect(msl([...into, "--align", "1", "-c"]).stdout).toBe("1\n");
    const tagged = [...into, "--align", "1", "--ignore-bits", "0xff00000000000000"];
    expect(rows(tagged).at(-2)).toMatchObject({
      ...{ address: "0x7f0000000603", value: "0xff007f0000001ffe", targetRegionBase: "0x7f0000000000" },
    });
    expect(msl([...tagged, "--range", "7f0000000600+0x40", "-c", "--threads", "2"]).stdout).toBe("1\n");
  });

  it.each([
    [["pointers", WHOLE], "needs a target"],
    [["pointers", WHOLE, "--to", "nowhere"], "is no address"],
    [["pointers", WHOLE, "--into", "7f0000000000"], "is no range"],
    [["pointers", WHOLE, "--to", "0", "--width", "5"], "--width takes 4 or 8, not"],
    [["pointers", WHOLE, "--to", "0", "--align", "3"], "--align takes 1, 2, 4 or 8, not"],
    [["pointers", WHOLE, "--to", "7f0000000000", "--width", "4", "--json"], "No pointer of 4 bytes"],
    [["pointers", WHOLE, "--to", "0", "--ignore-bits", "7"], 'such as 0x7, not "7": write 0x7 if these bits are meant'],
    [["pointers", WHOLE, "--to", "0", "--ignore-bits", "low"], 'such as 0x7, not "low"'],
    [["pointers", WHOLE, "--to", "0", "--threads", "0"], "--threads takes"],
  ])("wrong usage is refused with status 2 and one document at most: msl %j", (args, message) => {
    const { status, stdout, stderr } = msl(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    if (args.includes("--json")) expect(JSON.parse(stdout).error.code).toBe("usage");
    else expect(stdout).toBe("");
  });
});

it("the version is told without loading the program, and only commands that ask memory load the package that answers", () => {
  const chunks = fileURLToPath(new URL("chunks/", pathToFileURL(MAIN)));
  const scripts = readdirSync(chunks).map((name) => readFileSync(join(chunks, name), "utf8"));
  const main = readFileSync(MAIN, "utf8");
  expect(scripts.join("\n")).toContain('import("@memslice/analysis")');
  for (const script of [main, ...scripts]) expect(script).not.toContain('from "@memslice/analysis"');
  expect(main).toContain('import("./chunks/program-');
  expect(main).not.toContain('from "@memslice/msl"');
});

describe("patterns that are not UTF-8", () => {
  it("are refused with their line, and no pattern stands for them", () => {
    const list = join(scratch, "not-utf-8.txt");
    for (const [bytes, line] of [
      ["72656765783aff0a", 1],
      ["610a620a63c30a64", 3],
      ["61c3", 1],
    ] as const) {
      writeFileSync(list, Buffer.from(bytes, "hex"));
      const { status, stdout, stderr } = msl(["search", WHOLE, "--patterns-file", list]);
      expect([status, stdout, stderr]).toEqual([2, "", expect.stringContaining(`: Line ${line} of the patterns is not UTF-8`)]);
    }
    for (const option of ["--text", "--regex"])
      expect(msl(["search", WHOLE, option, "a\ufffd"])).toMatchObject({ status: 2, stdout: "" });
  });
});

it("a byte order mark belongs to no pattern of a file", () => {
  const list = join(scratch, "marked.txt");
  writeFileSync(list, "\ufeffhex:61 61 61 61\n");
  expect(msl(["search", WHOLE, "--patterns-file", list, "--count"])).toMatchObject({ status: 0, stdout: "1\n" });
});

describe("integers", () => {
  it("are found where the capture has them", () => {
    const at = (args: readonly string[]) => JSON.parse(msl(["search", WHOLE, ...args, "--json"]).stdout).matches[0]?.address;
    expect(at(["--integer", `u64:0x${(BASE + 0x110n).toString(16)}`])).toBe(`0x${(BASE + 0x400n).toString(16)}`);
    expect(at(["--integer", "u32be:0x61616161"])).toBe(`0x${(BASE + 0x110n).toString(16)}`);
    expect(msl(["search", WHOLE, "--integer", "beef"])).toMatchObject({ status: 2, stdout: "" });
  });
});

describe("a range in place of an address and a length", () => {
  it.each([
    [`${(BASE + 0x110n).toString(16)}+4`, "aaaa"],
    [`0x${(BASE + 0x110n).toString(16)}-0x${(BASE + 0x112n).toString(16)}`, "aa"],
    ["heap+0x110+4", "aaaa"],
    ["heap+0x110-heap+0x113", "aaa"],
  ])("%s is read", (range, text) => {
    expect(msl(["read", WHOLE, range, "-o", "-", "-q"]).stdout).toBe(text);
    const [piece, ...others] = JSON.parse(msl(["hexdump", WHOLE, range, "--json"]).stdout).pieces;
    expect([others, piece.length, piece.bytes]).toEqual([[], String(text.length), Buffer.from(text).toString("hex")]);
  });
});
