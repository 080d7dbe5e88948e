/** Captured bytes that reads by address do not give, since regions overlap; and a capture without the regions that its header announces. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-overlapping-"));
const OVERLAPPING = join(scratch, "overlapping.msl");
const POINTING = join(scratch, "pointing.msl");
const MODULES = join(scratch, "modules.msl");
const ANNOUNCED = join(scratch, "announced.msl");
const RULES = join(scratch, "rules.yar");
/** The first byte of CapBitmap in the header, and its bit for memory. */
const CAP_BITMAP = 0x10;
const MEMORY_REGIONS = 1;
const PAGE = 4096;
const BASE = 0x10000n;
const HEAP_BASE = 0x20000n;
/** Two pages of the first region, of which reads by address take the first one from the second region. */
const FIRST = new Uint8Array(2 * PAGE);
const SECOND = new Uint8Array(PAGE);
FIRST.set(Buffer.from("FIRST-CONTENT"));
FIRST.set(Buffer.from("TAIL-CONTENT"), PAGE);
SECOND.set(Buffer.from("OTHER-CONTENT"));

/** A stack in block 2, a heap in block 3, and in block 4 anonymous memory at the first address of the stack, with a pointer into the heap. */
function pointingRegions(): readonly WrittenRegion[] {
  const pointer = new Uint8Array(PAGE);
  new DataView(pointer.buffer).setBigUint64(8, HEAP_BASE + 16n, true);
  return [
    { regionType: "stack", pageData: new Uint8Array(2 * PAGE) },
    { regionType: "heap", pageData: new Uint8Array(PAGE), baseAddr: HEAP_BASE },
    { regionType: "anonymous", pageData: pointer },
  ];
}

interface WrittenRegion {
  readonly pageData: Uint8Array;
  readonly regionType?: "stack" | "anonymous" | "heap";
  readonly baseAddr?: bigint;
}

async function writeCapture(
  path: string,
  regions: readonly WrittenRegion[],
  modules: readonly { readonly baseAddr: bigint; readonly moduleSize: bigint; readonly path: string }[] = [],
): Promise<void> {
  const writer = new MslWriter(await fileSink(path), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: [
      ...(regions.length > 0 ? (["MemoryRegion"] as const) : []),
      ...(modules.length > 0 ? (["ModuleEntry"] as const) : []),
    ],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: modules });
  for (const module of modules) await writer.moduleEntry(module);
  for (const { pageData, regionType = "heap", baseAddr = BASE } of regions) {
    const head = { baseAddr, protection: 3, regionType, pageSizeLog2: 12, timestampNs: 0n } as const;
    await writer.memoryRegion({ ...head, regionSize: BigInt(pageData.length), pageData });
  }
  await writer.end();
}

beforeAll(async () => {
  await writeCapture(OVERLAPPING, [{ pageData: FIRST }, { pageData: SECOND }]);
  await writeCapture(POINTING, pointingRegions());
  await writeCapture(
    MODULES,
    [{ pageData: FIRST }, { pageData: SECOND }],
    [{ baseAddr: BASE, moduleSize: 4096n, path: "/first" }].concat({
      baseAddr: BASE + 4096n,
      moduleSize: 4096n,
      path: "/second",
    }),
  );
  await writeCapture(ANNOUNCED, []);
  const announced = readFileSync(ANNOUNCED);
  announced[CAP_BITMAP] = (announced[CAP_BITMAP] ?? 0) | MEMORY_REGIONS;
  writeFileSync(ANNOUNCED, announced);
  writeFileSync(RULES, 'rule first { strings: $a = "FIRST-CONTENT" condition: $a }');
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** Status, and the coverage of the JSON document, which fits the schema. */
function covered(command: string, ...args: string[]) {
  const { status, stdout } = msl([command, ...args, "--json"]);
  const document = JSON.parse(stdout);
  expect(misfits(command, document)).toEqual([]);
  return { status, count: document.count, coverage: document.coverage };
}

const QUESTIONS: readonly (readonly [string, ...string[]])[] = [
  ["search", "FILE", "--text", "FIRST"],
  ["strings", "FILE", "--min", "30"],
  ["entropy", "FILE"],
  ["pointers", "FILE", "--to", "dead0000"],
  ["pointers", "FILE", "--table"],
  ["keys", "FILE", "--find"],
  ["scan", RULES, "FILE"],
];

describe("regions that overlap", () => {
  it.each(QUESTIONS)("msl %s counts the captured bytes that it did not search, and is not complete", (command, ...args) => {
    const { coverage } = covered(command, ...args.map((word) => (word === "FILE" ? OVERLAPPING : word)));
    expect(coverage).toMatchObject({ searched: "8192", complete: false, overlappedBlocks: [2] });
    expect(coverage.notSearched).toMatchObject({ overlapped: "4096", leftOut: "0" });
  });

  it("a search without a match ends with 4, and says how many bytes were not searched and what asks them", () => {
    expect(msl(["search", OVERLAPPING, "--text", "FIRST"])).toEqual({
      status: 4,
      stdout: "",
      stderr: `msl: ${OVERLAPPING}: 0 matches; 8.00 KiB searched; not searched: 4.00 KiB of regions that overlap others (--block N asks one of them: 2)\n`,
    });
  });

  it("an extract of modules and an export say which bytes of which blocks are not in their files", () => {
    const out = join(scratch, "modules");
    const { status, stderr } = msl(["extract", MODULES, "-o", out, "--modules"]);
    expect([status, stderr]).toEqual([
      0,
      `msl: ${MODULES}: regions overlap in modules: 4.00 KiB of other regions are in the files of --regions alone\n`,
    ]);
    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
    expect(misfits("extract", manifest)).toEqual([]);
    expect(manifest.files).toMatchObject([{ overlappedBytes: "4096", overlappedBlocks: [4] }, {}]);
    expect(manifest.files[1]).not.toHaveProperty("overlappedBytes");
    for (const target of ["elf-core", "minidump", "raw"]) {
      const { notes } = JSON.parse(msl(["export", MODULES, "--to", target, "-o", join(scratch, target), "--json"]).stdout);
      expect(notes.filter(({ subject }: { subject: string }) => subject === "Overlaps")).toEqual([
        {
          ...{ kind: "no place", subject: "Overlaps" },
          message:
            "4096 captured bytes of regions at addresses where another region is preferred (blocks 4); the output has one byte for an address",
        },
      ]);
    }
  });

  it("a range without overlapped bytes is complete", () => {
    expect(covered("search", OVERLAPPING, "--text", "absent", "--range", "11000-12000")).toMatchObject({
      status: 1,
      coverage: { complete: true, overlappedBlocks: [] },
    });
  });

  it("--block asks one region with all of its bytes", () => {
    const { status, count, coverage } = covered("search", OVERLAPPING, "--text", "FIRST", "--block", "2");
    expect([status, count]).toEqual([0, 1]);
    expect(coverage).toMatchObject({ searched: "8192", complete: true });
    expect(covered("search", OVERLAPPING, "--text", "CONTENT", "--block", "3")).toMatchObject({
      status: 0,
      count: 1,
      coverage: { searched: "4096", complete: true },
    });
    expect(msl(["scan", RULES, OVERLAPPING, "--block", "2"]).status).toBe(0);
    expect(msl(["entropy", OVERLAPPING, "--block", "2", "--count"]).stdout).toBe("1\n");
  });

  it("--block refuses what is no region of a capture", () => {
    expect(msl(["search", OVERLAPPING, "--text", "x", "--block", "0"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("Block 0 is no Memory Region that can be read"),
    });
    expect(msl(["search", OVERLAPPING, "--text", "x", "--block", "-1"]).status).toBe(2);
    expect(msl(["search", "--pid", "1", "--text", "x", "--block", "2"]).status).toBe(2);
    expect(msl(["keys", OVERLAPPING, "--block", "2"]).status).toBe(2);
  });

  it("--block narrows what is searched, and not the places that it points at", () => {
    const pointers = (...args: string[]) => {
      const { status, stdout } = msl(["pointers", POINTING, ...args, "--json"]);
      const document = JSON.parse(stdout);
      expect(misfits("pointers", document)).toEqual([]);
      return { status, rows: document.pairs ?? document.pointers, searched: document.coverage.searched };
    };
    const pair = { address: "0x10000", count: 1, targetRegionBase: "0x20000", targetRegionType: "heap" };
    expect(pointers("--table")).toMatchObject({ status: 0, rows: [pair] });
    expect(pointers("--table", "--block", "4")).toMatchObject({
      status: 0,
      rows: [{ ...pair, regionBase: "0x10000", regionType: "anonymous" }],
      searched: String(PAGE),
    });
    expect(pointers("--table", "--block", "2")).toMatchObject({ status: 1, rows: [] });
    const pointer = { address: "0x10008", value: "0x20010", regionType: "anonymous", targetRegionBase: "0x20000" };
    expect(pointers("--into", "heap", "--block", "4")).toMatchObject({ status: 0, rows: [pointer], searched: String(PAGE) });
    expect(pointers("--to", "heap+16", "--block", "4")).toMatchObject({ status: 0, rows: [pointer] });
    expect(pointers("--to", "heap", "--block", "2")).toMatchObject({ status: 1, rows: [] });
    expect(msl(["pointers", POINTING, "--into", "heap", "--block", "4"]).stdout).toContain("-> 0x0000000000020010  heap");
    expect(covered("search", POINTING, "--hex", "00", "--block", "2", "--range", "heap")).toMatchObject({
      status: 1,
      coverage: { searched: "0", complete: true },
    });
    expect(msl(["hexdump", POINTING, "stack+8", "8", "--block", "4"]).stdout).toContain("10 00 02 00");
  });

  it("entropy names each region by itself, also one whose bytes reads take from another region", () => {
    const rows = (...args: string[]) =>
      JSON.parse(msl(["entropy", POINTING, "--json", ...args]).stdout).regions.map(
        ({ regionType, windows }: { regionType: string; windows: number }) => [regionType, windows],
      );
    expect(rows()).toEqual([
      ["stack", 2],
      ["anonymous", 0],
      ["heap", 1],
    ]);
    expect(rows("--block", "4")).toEqual([["anonymous", 1]]);
    expect(rows("--block", "2")).toEqual([["stack", 2]]);
  });

  it("hexdump and read give the bytes of one region with --block, and say where there are more without it", () => {
    const note = `msl: ${OVERLAPPING}: regions overlap here: 4096 bytes more, which --block N gives for one of them: 2\n`;
    const preferred = msl(["hexdump", OVERLAPPING, "10000", "4096"]);
    expect(preferred.stdout).toContain("|OTHER-CONTENT...|");
    expect(preferred).toMatchObject({ status: 0, stderr: note });
    const own = msl(["hexdump", OVERLAPPING, "10000", "16", "--block", "2"]);
    expect(own.stdout).toContain("|FIRST-CONTENT...|");
    expect(own.stderr).toBe("");
    const target = join(scratch, "own.bin");
    expect(msl(["read", OVERLAPPING, "heap", "-o", target, "--block", "2"]).status).toBe(0);
    expect(readFileSync(target).equals(FIRST)).toBe(true);
    expect(msl(["read", OVERLAPPING, "10000", "4096", "-o", target, "--force"]).stderr).toBe(note);
    expect(readFileSync(target).equals(SECOND)).toBe(true);
  });

  it("extract writes each region's own bytes, and the manifest says which of them reads take from another region", () => {
    const folder = join(scratch, "extracted");
    expect(msl(["extract", OVERLAPPING, "-o", folder, "--regions"]).status).toBe(0);
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    expect(misfits("extract", manifest)).toEqual([]);
    const [first, second] = manifest.files;
    for (const [file, bytes] of [
      [first, FIRST],
      [second, SECOND],
    ] as const) {
      expect(readFileSync(join(folder, file.path)).equals(bytes)).toBe(true);
      expect(file.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
    expect(first).toMatchObject({
      block: 2,
      overlappedLength: "4096",
      overlapped: [{ address: "0x10000", length: "4096" }],
    });
    expect(second.block).toBe(3);
    expect(second.overlapped).toBeUndefined();
  });

  it("compare of captures with overlapped bytes is not complete", () => {
    const { status, stdout } = msl(["compare", OVERLAPPING, OVERLAPPING]);
    expect(status).toBe(4);
    expect(stdout).toContain("no difference found, but not everything could be compared");
    expect(stdout).toContain("not of A: 4.00 KiB of regions that overlap others of the same capture");
    const document = JSON.parse(msl(["compare", OVERLAPPING, OVERLAPPING, "--json"]).stdout);
    expect(misfits("compare", document)).toEqual([]);
    expect(document.summary.coverage.b).toMatchObject({ compared: "8192", overlapped: "4096" });
  });
});

describe("a capture that announces regions and has none", () => {
  it.each(QUESTIONS)("msl %s is not complete, and ends with 4", (command, ...args) => {
    const { status, coverage } = covered(command, ...args.map((word) => (word === "FILE" ? ANNOUNCED : word)));
    expect(status).toBe(4);
    expect(coverage).toMatchObject({ searched: "0", complete: false, regionsMissing: true });
  });

  it("search says why, as compare and extract do", () => {
    const why = "the header announces MemoryRegions, and the chain reaches no block with it";
    expect(msl(["search", ANNOUNCED, "--text", "x"]).stderr).toBe(
      `msl: ${ANNOUNCED}: 0 matches; 0 bytes searched; not searched: memory, since ${why}\n`,
    );
    expect(msl(["compare", ANNOUNCED, ANNOUNCED])).toMatchObject({ status: 4, stdout: expect.stringContaining(why) });
    expect(msl(["extract", ANNOUNCED, "-o", join(scratch, "none"), "--regions"]).status).toBe(4);
  });
});
