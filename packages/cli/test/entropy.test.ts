/** `msl entropy`: the table of regions, the list of windows, their JSON and statuses. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter, pagesOf } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sparkline } from "../src/terminal/sparkline.js";
import { msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-entropy-"));
const FILE = join(scratch, "regions.msl");
const PAGE = 4096;
const NONE = { zero: 0, constant: 0, "compressed-or-random": 0, text: 0, code: 0, other: 0 };

/** A region of a page of zeros, a failed page, and a page with each value 16 times; a region of failed pages; a page of one letter. */
beforeAll(async () => {
  const writer = new MslWriter(await fileSink(FILE), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: ["ModuleEntry", "MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  const module = { baseAddr: 0x10000n, moduleSize: 0x1000n, path: "/lib/\u001b[31mlib.so" };
  await writer.moduleListIndex({ entries: [module] });
  await writer.moduleEntry(module);
  const head = { protection: 3, pageSizeLog2: 12, timestampNs: 0n } as const;
  const bytes = new Uint8Array(2 * PAGE).map((_, i) => (i < PAGE ? 0 : i & 255));
  const pages = pagesOf([
    { count: 1, state: "captured" },
    { count: 1, state: "failed" },
    { count: 1, state: "captured" },
  ]);
  const first = { baseAddr: 0x10000n, regionSize: BigInt(3 * PAGE), regionType: "heap", pages, pageData: bytes } as const;
  await writer.memoryRegion({ ...head, ...first });
  const lost = { baseAddr: 0x20000n, regionSize: BigInt(2 * PAGE), regionType: "stack", pageData: new Uint8Array(0) } as const;
  await writer.memoryRegion({ ...head, ...lost, pages: pagesOf([{ count: 2, state: "failed" }]) });
  const letters = { baseAddr: 0x30000n, regionSize: BigInt(PAGE), regionType: "image" } as const;
  await writer.memoryRegion({ ...head, ...letters, pageData: new Uint8Array(PAGE).fill(0x41) });
  await writer.end();
});
afterAll(() => rmSync(scratch, { recursive: true }));

const rows = (args: readonly string[]) =>
  msl([...args, "--ndjson"])
    .stdout.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("msl entropy", () => {
  it("a line for each region has its mean entropy, a profile with a dot for each hole, and the class of most windows", () => {
    expect(msl(["entropy", FILE, "-q"])).toEqual({
      status: 0,
      stdout: [
        "address             size      bits  profile           mostly          region",
        "0x0000000000010000  12.0 KiB  4.00  ▁·█               zero 50 %       heap \\u{1b}[31mlib.so+0x0",
        "0x0000000000020000  8.00 KiB  -                       -               stack",
        "0x0000000000030000  4.00 KiB  0.00  ▁                 constant 100 %  image",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  it("no line of the table is longer than 80 columns before the name of its module", () => {
    for (const line of msl(["entropy", FILE, "-q"]).stdout.split("\n")) {
      expect(line.replace(/ \S*lib\.so.*/, "").length).toBeLessThanOrEqual(80);
    }
  });

  it("as JSON, regions have their windows by class and the entropy of their parts", () => {
    const document = JSON.parse(msl(["entropy", FILE, "--json"]).stdout);
    expect(document).toMatchObject({ schema: "msl.entropy/1", windowBytes: 4096, count: 3, coverage: { searched: "12288" } });
    expect(document.regions[0]).toMatchObject({
      ...{ address: "0x10000", size: "12288", windows: 2, bytes: "8192", regionType: "heap" },
      classes: { ...NONE, zero: 1, "compressed-or-random": 1 },
      entropy: { mean: 4, least: 0, greatest: 8 },
      profile: [0, null, 8],
    });
    expect(document.regions[1]).toEqual({
      ...{ address: "0x20000", regionBase: "0x20000", regionType: "stack", size: "8192", windows: 0, bytes: "0" },
      classes: NONE,
    });
  });

  it("windows have their own lines, of any size, in the ranges asked for", () => {
    expect(rows(["entropy", FILE, "--windows", "--window", "1024", "--range", "12800+0x800", "--range", "image"])).toMatchObject([
      { address: "0x12800", length: 1024, entropy: 8, class: "compressed-or-random" },
      { address: "0x12c00", length: 1024, entropy: 8, class: "compressed-or-random" },
      ...["0x30000", "0x30400", "0x30800", "0x30c00"].map((address) => ({ address, entropy: 0, class: "constant" })),
      { count: 6, coverage: { complete: true } },
    ]);
    expect(rows(["entropy", FILE, "--windows", "--limit", "1"])).toMatchObject([
      { class: "zero" },
      { coverage: { atLimit: true } },
    ]);
  });

  it("a range cuts regions, and a limit bounds their number", () => {
    const cut = rows(["entropy", FILE, "--range", "10800-20000"]);
    expect(cut).toMatchObject([{ address: "0x10800", size: "10240", windows: 2 }, { count: 1 }]);
    expect(rows(["entropy", FILE, "--limit", "1"])).toMatchObject([
      { address: "0x10000" },
      { count: 1, coverage: { atLimit: true, complete: false } },
    ]);
  });

  it.each([
    ["a region was looked at", ["heap"], 0],
    ["nothing was captured in the range", ["stack"], 4],
    ["the range has no region, and nothing is missing", ["40000+0x1000"], 1],
  ])("the status when %s", (_, ranges, status) => {
    expect(msl(["entropy", FILE, ...ranges.flatMap((range) => ["--range", range])]).status).toBe(status);
  });

  it.each([
    [["entropy", FILE, "--window", "63"], "from 64 to"],
    [["entropy", FILE, "--window", "x"], "from 64 to"],
    [["entropy", FILE, "--range", "nowhere"], "is no range"],
    [["entropy"], "needs a file"],
  ])("wrong usage is refused with status 2: msl %j", (args, message) => {
    expect(msl(args)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
  });

  it("a sparkline has a bar for each number and a dot for each hole", () => {
    expect(sparkline([0, 0.99, 1, 4, 7, 8, undefined], 8)).toBe("▁▁▂▅██·");
  });
});
