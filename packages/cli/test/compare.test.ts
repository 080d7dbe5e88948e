/** `msl compare`: what it shows of known changes, and its statuses. */
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter, pagesOf, transcode } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-compare-"));
const path = (name: string) => join(scratch, name);
const [A, B, MOVED, HOLED] = ["a", "b", "moved", "holed"].map(path) as [string, string, string, string];
const [CUT_OFF, ENCRYPTED, REPROTECTED] = ["cut-off", "encrypted", "reprotected"].map(path) as [string, string, string];
const KEY = "11".repeat(32);
const OTHER_KEY = "22".repeat(32);
const PAGE = 4096;
const LIBRARY = 0x7f0000000000n;
const HEAP = 0x10000n;

interface Sample {
  readonly library?: bigint;
  readonly change?: (heap: Uint8Array) => void;
  readonly holed?: boolean;
  readonly more?: bigint;
  /** The heap is two regions, the second one executable. */
  readonly reprotected?: boolean;
}

async function write(file: string, sample: Sample): Promise<void> {
  const { library = LIBRARY, change = () => {}, holed = false, more, reprotected = false } = sample;
  const writer = new MslWriter(await fileSink(file), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: ["ModuleEntry", "MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  const module = { baseAddr: library, moduleSize: BigInt(PAGE), path: "/lib/\u001b[31mlib.so" };
  await writer.moduleListIndex({ entries: [module] });
  await writer.moduleEntry(module);
  const head = { protection: 3, pageSizeLog2: 12, timestampNs: 0n } as const;
  const code = new Uint8Array(PAGE).fill(0x90);
  await writer.memoryRegion({ ...head, baseAddr: library, regionSize: BigInt(PAGE), regionType: "image", pageData: code });
  const heap = new Uint8Array(2 * PAGE).fill(0x41);
  change(heap);
  const region = { ...head, baseAddr: HEAP, regionSize: BigInt(2 * PAGE), regionType: "heap" } as const;
  const pages = pagesOf([
    { count: 1, state: "captured" },
    { count: 1, state: "failed" },
  ]);
  if (reprotected) {
    const half = { ...region, regionSize: BigInt(PAGE) };
    await writer.memoryRegion({ ...half, pageData: heap.subarray(0, PAGE) });
    const second = { ...half, baseAddr: HEAP + BigInt(PAGE), protection: 5 };
    await writer.memoryRegion({ ...second, pageData: heap.subarray(PAGE) });
  } else
    await writer.memoryRegion(holed ? { ...region, pages, pageData: heap.subarray(0, PAGE) } : { ...region, pageData: heap });
  if (more !== undefined)
    await writer.memoryRegion({ ...head, baseAddr: more, regionSize: BigInt(PAGE), regionType: "anonymous", pageData: code });
  await writer.end();
}

/** Two runs of changed bytes that are far apart, and one byte near the second. */
const change = (heap: Uint8Array) => {
  heap.fill(0x42, 0x100, 0x110);
  heap.fill(0x42, PAGE + 0x20, PAGE + 0x24);
  heap[PAGE + 0x30] = 0x42;
};

beforeAll(async () => {
  await write(A, {});
  await write(B, { change, more: 0x40000n });
  await write(MOVED, { library: 0x7e0000000000n });
  await write(HOLED, { holed: true });
  await write(REPROTECTED, { reprotected: true, library: 0x7e0000000000n });
  copyFileSync(A, CUT_OFF);
  truncateSync(CUT_OFF, statSync(A).size - 20);
  await transcode(B, await fileSink(ENCRYPTED), { encryption: { key: Buffer.from(KEY, "hex") } });
  writeFileSync(path("key"), KEY);
  writeFileSync(path("other-key"), OTHER_KEY);
});
afterAll(() => rmSync(scratch, { recursive: true }));

const document = (...args: string[]) => JSON.parse(msl(["compare", ...args, "--json"]).stdout);
const bytesOf = (differences: readonly { kind: string; a: string; length: string; changed: string }[]) =>
  differences.filter(({ kind }) => kind === "bytes").map(({ a, length, changed }) => [a, length, changed]);

describe("msl compare", () => {
  it("the summary comes first, then a line for each difference in the order of addresses", () => {
    const { status, stdout, stderr } = msl(["compare", A, B]);
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout.split("\n")).toEqual([
      `${A} -> ${B}: different (aligned by address)`,
      "  Bytes     21 changed in 2 ranges on 2 pages of 4.00 KiB; 12.0 KiB equal",
      "  Memory    4.00 KiB added, 0 bytes removed, 0 bytes in another state",
      "  Regions   1 added, 0 removed, 0 changed",
      "  Modules   0 added, 0 removed, 0 moved, 0 changed",
      "  Compared  12.0 KiB",
      "            not of B: 4.00 KiB without a counterpart",
      "what            A               B               size      difference",
      "bytes changed   0x10100         =               16 bytes  16 differ, heap",
      "bytes changed   0x11020         =               17 bytes  5 differ, heap",
      "region added    -               0x40000         4.00 KiB  rw- anonymous",
      "memory added    -               0x40000         4.00 KiB  captured, anonymous",
      "",
    ]);
  });

  it("memory whose protection changed is one line, although its region was cut and modules moved", () => {
    const { status, stdout } = msl(["compare", A, REPROTECTED]);
    expect(status).toBe(1);
    expect(stdout.split("\n").slice(3)).toEqual([
      "  Regions   0 added, 0 removed, 1 changed; 4.00 KiB under another protection",
      "  Modules   0 added, 0 removed, 1 moved, 0 changed",
      "  Compared  12.0 KiB",
      "what            A               B               size      difference",
      "reprotected     0x11000         =               4.00 KiB  rw- -> r-x, heap",
      "module moved    0x7f0000000000  0x7e0000000000  4.00 KiB  /lib/\\u{1b}[31mlib.so",
      "",
    ]);
    const { summary, differences } = document(A, REPROTECTED);
    expect(summary).toMatchObject({ regions: { added: 0, removed: 0, changed: 1 }, reprotectedBytes: "4096" });
    expect(differences[0]).toEqual({
      ...{ kind: "region", change: "changed", fields: ["protection"], a: "0x11000", b: "0x11000", length: "4096" },
      before: { baseAddr: "0x10000", regionSize: "8192", protection: 3, regionType: "heap" },
      after: { baseAddr: "0x11000", regionSize: "4096", protection: 5, regionType: "heap" },
      ...{ regionBase: "0x10000", regionType: "heap" },
    });
  });

  it("exactly the changes that were made are in the JSON, with any gap and limit", () => {
    const { summary, differences, count } = document(A, B, "--gap", "0");
    expect(bytesOf(differences)).toEqual([
      ["0x10100", "16", "16"],
      ["0x11020", "4", "4"],
      ["0x11030", "1", "1"],
    ]);
    expect(count).toBe(5);
    expect(summary).toMatchObject({
      different: true,
      changedBytes: "21",
      changedRanges: 3,
      addedBytes: "4096",
      equalBytes: "12267",
    });
    const limited = document(A, B, "--limit", "1");
    expect([limited.differences.length, limited.count, limited.summary.changedBytes]).toEqual([1, 4, "21"]);
    expect(document(A, B, "--count").differences).toBeUndefined();
    const [head, ...rows] = msl(["compare", A, B, "--ndjson"])
      .stdout.trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([head.summary.changedRanges, rows.map(({ kind }) => kind)]).toEqual([2, ["bytes", "bytes", "region", "state"]]);
  });

  it("a module that moved is found, and its bytes are compared wherever it is", () => {
    const { summary, differences } = document(A, MOVED);
    expect(summary).toMatchObject({ align: "module", changedBytes: "0", equalBytes: "12288", modules: { moved: 1 } });
    expect(differences).toMatchObject([{ kind: "module", fields: ["base"], a: "0x7f0000000000", b: "0x7e0000000000" }]);
    expect(msl(["compare", A, MOVED]).stdout).toContain(
      "module moved    0x7f0000000000  0x7e0000000000  4.00 KiB  /lib/\\u{1b}[31m",
    );
    expect(document(A, MOVED, "--align", "address").summary).toMatchObject({ addedBytes: "4096", removedBytes: "4096" });
  });

  it("more differences than are kept are all listed", async () => {
    const [many, none] = [path("many"), path("none")];
    const pages = 32;
    for (const [file, value] of [
      [many, 1],
      [none, 0],
    ] as const) {
      const writer = new MslWriter(await fileSink(file), {
        header: { osType: "Linux", archType: "x86_64", pid: 7 },
        contents: ["ModuleListIndex", "MemoryRegion"],
      });
      await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
      await writer.moduleListIndex({ entries: [] });
      const pageData = new Uint8Array(pages * PAGE).map((_, i) => (i % 8 === 0 ? value : 7));
      const head = { protection: 3, pageSizeLog2: 12, timestampNs: 0n, regionType: "heap" } as const;
      await writer.memoryRegion({ ...head, baseAddr: HEAP, regionSize: BigInt(pageData.length), pageData });
      await writer.end();
    }
    const { differences, count } = document(many, none, "--gap", "0");
    const expected = Array.from({ length: (pages * PAGE) / 8 }, (_, i) => `0x${(0x10000 + 8 * i).toString(16)}`);
    expect(count).toBe(expected.length);
    expect(differences.map(({ a }: { a: string }) => a)).toEqual(expected);
    expect(document(many, none, "--gap", "0", "--limit", "12000").differences).toHaveLength(12_000);
  });

  it.each([
    ["the same", [A, A], 0],
    ["different", [A, B], 1],
    ["no difference found, but both lack a page", [HOLED, HOLED], 4],
    ["a page that one side lacks", [A, HOLED], 1],
    ["no difference found, but both are cut off", [CUT_OFF, CUT_OFF], 4],
    ["a file that is not readable", [A, capture("x-bad-magic")], 3],
    ["a file that does not exist", ["/no/such", A], 2],
    ["one file", [A], 2],
    ["three files", [A, A, A], 2],
    ["another alignment", [A, A, "--align", "offset"], 2],
    ["a gap that is too large", [A, A, "--gap", "1024"], 2],
  ])("the status is that of the answer: %s", (_, args, status) => {
    for (const format of [[], ["--json"], ["--count"]]) expect(msl(["compare", ...args, ...format]).status).toBe(status);
  });

  it("an error names the file that cannot be read", () => {
    const bad = capture("x-bad-magic");
    expect(msl(["compare", A, bad]).stderr).toContain(bad);
    expect(document(bad, A)).toMatchObject({ schema: "msl.compare/1", file: bad, error: { code: "not-msl" } });
  });

  it("an encrypted capture is compared with the key of B, or with one key for both", () => {
    expect(document(A, ENCRYPTED, "--b-key-file", path("key")).summary).toMatchObject({ changedBytes: "21", addedBytes: "4096" });
    expect(document(ENCRYPTED, ENCRYPTED, "--key-file", path("key")).summary).toMatchObject({ different: false, complete: true });
    expect(msl(["compare", ENCRYPTED, ENCRYPTED, "--key-file", path("key"), "--b-key-file", path("other-key")]).status).toBe(1);
    expect(msl(["compare", A, ENCRYPTED]).stderr).toContain(`${ENCRYPTED}: `);
  });

  it("a plain B needs no key where A has one, and a note says that nothing authenticates it", () => {
    const args = [ENCRYPTED, A, "--key-file", path("key")];
    expect(document(...args).summary).toMatchObject({ changedBytes: "21", removedBytes: "4096" });
    expect(msl(["compare", ...args]).stderr).toBe(`msl: ${A}: not encrypted, so the key authenticates only A\n`);
    // A key of its own says that B has to be encrypted.
    expect(msl(["compare", ENCRYPTED, A, "--key-file", path("key"), "--b-key-file", path("key")]).stderr).toContain(
      `${A}: A secret was given`,
    );
  });
});
