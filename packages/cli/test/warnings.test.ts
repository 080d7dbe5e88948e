/** The warnings of `msl info`, held against what the writers of the captures recorded, and against captures made here with one fault each. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter, pagesOf, type WriterOptions } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { WARNING_IDS } from "../src/documents/warnings.js";
import { misfits } from "./json-validation.js";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-warnings-"));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Warning {
  readonly id: string;
  readonly message: string;
}

function warningsIn(file: string, ...options: string[]): Warning[] {
  const document = JSON.parse(msl(["info", file, "--json", ...options]).stdout);
  expect(misfits("info", document)).toEqual([]);
  return document.warnings;
}

const idsIn = (file: string, ...options: string[]) => warningsIn(file, ...options).map(({ id }) => id);

/** 2026-01-01 in nanoseconds. */
const START = 1_767_225_600_000_000_000n;
const SECOND = 1_000_000_000n;
const PAGE = 4096;
let captures = 0;

interface Made {
  readonly header?: Partial<WriterOptions["header"]>;
  /** Bases and times of regions of four pages. */
  readonly regions?: readonly (readonly [base: bigint, timestampNs: bigint])[];
  /** Of the four pages of each region. */
  readonly failed?: number;
  readonly startTimeNs?: bigint;
  readonly acqEndNs?: bigint;
}

/** A capture without anything to warn of, except for what is given. */
async function made({ header, regions = [[0x1000n, START]], failed = 0, startTimeNs = 0n, acqEndNs = START + SECOND }: Made) {
  const path = join(scratch, `made-${captures++}.msl`);
  const writer = new MslWriter(await fileSink(path), {
    header: { osType: "Linux", archType: "x86_64", pid: 7, timestampNs: START, ...header },
    contents: ["MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs });
  await writer.moduleListIndex({ entries: [] });
  const states = [
    { count: 4 - failed, state: "captured" as const },
    ...(failed > 0 ? [{ count: failed, state: "failed" as const }] : []),
  ];
  for (const [baseAddr, timestampNs] of regions) {
    await writer.memoryRegion({
      ...{ baseAddr, regionSize: BigInt(4 * PAGE), protection: 3, regionType: "heap", pageSizeLog2: 12, timestampNs },
      ...{ pageData: new Uint8Array((4 - failed) * PAGE), pages: pagesOf(states) },
    });
  }
  await writer.end({ acqEndNs });
  return path;
}

describe("msl info warns of", () => {
  it("nothing, if there is nothing to warn of", async () => {
    const file = await made({});
    expect(warningsIn(file)).toEqual([]);
    expect(msl(["info", file]).stdout).not.toContain("Warning");
  });

  it.each([
    ["x-trunc-midstream", ["no-end", "cut-off", "no-memory", "pages-failed", "pages-missing"]],
    ["x-zero-tail", ["behind-end", "pages-failed", "plain-keys"]],
    ["ms-modules-many", ["absent", "no-memory"]],
    ["x-region-size-huge", ["regions-unreadable", "plain-keys"]],
    ["ms-provenance", ["imported"]],
    ["ms-enc-weak-argon2", ["weak-passphrase"]],
    ["rf-threads-edge", []],
  ])("what is wrong with %s: %j", (name, ids) => {
    expect(idsIn(capture(name))).toEqual(ids);
  });

  it("an import, with program, time, size and format as its writer recorded them", () => {
    const { blocks } = JSON.parse(readFileSync(capture("md-import-basic").replace(/msl$/, "json"), "utf8"));
    const { toolName, origFileSize, importTimeNs } = blocks[0].payload;
    const { message = "" } = warningsIn(capture("md-import-basic")).find(({ id }) => id === "imported") ?? {};
    expect(message).toContain(
      `made by ${toolName} at ${new Date(Number(BigInt(importTimeNs) / 1_000_000n)).toISOString().slice(0, 10)}`,
    );
    expect(message).toContain(`${(Number(origFileSize) / 1024).toPrecision(3)} KiB`);
    expect(JSON.parse(msl(["info", capture("md-import-basic"), "--json"]).stdout).provenance).toMatchObject({
      toolName,
      origFileSize: String(origFileSize),
      importTimeNs: String(importTimeNs),
    });
  });

  it("blocks that a search found", () => {
    expect(idsIn(capture("x-blocklen-small"), "--salvage")).toContain("salvaged");
    expect(idsIn(capture("x-blocklen-small"))).not.toContain("salvaged");
  });

  it("failed pages from 5 % on, and regions that overlap", async () => {
    expect(idsIn(await made({ failed: 1 }))).toEqual(["pages-failed"]);
    const regions = Array.from({ length: 19 }, (_, i) => [BigInt(0x10000 * i + 0x1000), START] as const);
    expect(idsIn(await made({ regions }))).toEqual([]);
    const [first = [0n, START]] = regions;
    const overlapping = warningsIn(await made({ regions: [...regions, [first[0] + BigInt(3 * PAGE), START]] }));
    expect(overlapping.map(({ message }) => message)).toEqual([expect.stringContaining("1 overlapping region:")]);
    expect(idsIn(await made({ regions: [...regions, [first[0] + BigInt(4 * PAGE), START]] }))).toEqual([]);
  });

  it.each([
    ["is unknown", { header: { timestampNs: 0n } }],
    ["began 1970-01-01", { header: { timestampNs: SECOND } }],
    ["before it began", { acqEndNs: START - 1n }],
    ["took 2 days", { acqEndNs: START + 2n * 86_400n * SECOND }],
    ["started after it was captured", { startTimeNs: START + 1n }],
    ["1 region read before", { regions: [[0x1000n, START - 1n]] }],
    ["1 region read before the acquisition began, or after it ended", { regions: [[0x1000n, START + 2n * SECOND]] }],
  ] satisfies [string, Made][])("times that cannot be right: %s", async (text, fault) => {
    const [warning, ...others] = warningsIn(await made(fault));
    expect([warning?.id, others]).toEqual(["clock", []]);
    expect(warning?.message).toContain(text);
  });

  it("fields that were removed", async () => {
    expect(idsIn(await made({ header: { redacted: true } }))).toEqual(["redacted"]);
  });

  it("what docs/verifying.md lists, and nothing else", () => {
    const page = readFileSync(new URL("../../../docs/verifying.md", import.meta.url), "utf8");
    const [, section = ""] = /^## Warnings$(.*?)^## /ms.exec(page) ?? [];
    expect([...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id)).toEqual([...WARNING_IDS]);
  });
});
