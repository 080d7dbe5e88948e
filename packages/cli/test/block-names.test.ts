import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

const folder = mkdtempSync(join(tmpdir(), "msl-names-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Named {
  readonly index: number;
  readonly typeName: string;
}
const names = (blocks: readonly Named[]) => new Map(blocks.map(({ index, typeName }) => [index, typeName]));
const rows = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** The first two have a block of type 0x0055: memslicer writes a KernelSymbolBundle under this type, MemDiver a Connectivity Table. */
const CAPTURES = ["ms-investigation-full", "md-investigation-full", "ms-basic-plain", "x-flip-middle"];

describe("the name of a block", () => {
  it.each(CAPTURES)("a block has the same name in dump, blocks and the report of transcode: %s", (name) => {
    const path = capture(name);
    const dumped = names(JSON.parse(msl(["dump", "--json", path]).stdout).blocks);
    expect(names(JSON.parse(msl(["blocks", "--json", path]).stdout).blocks)).toEqual(dumped);
    expect(names(rows(msl(["blocks", "--ndjson", path]).stdout))).toEqual(dumped);
    const lines = msl(["blocks", path]).stdout.trim().split("\n").slice(1);
    expect(lines.map((line) => line.slice(1).trim().split(/\s+/)[4])).toEqual([...dumped.values()]);
    const target = join(folder, `${name}.msl`);
    const report = JSON.parse(msl(["transcode", path, target, "--json"]).stdout);
    const told: Named[] = [
      ...report.leftOut.filter(({ index }: Named) => index !== undefined),
      ...report.blocks.map(({ source }: { source: Named }) => source),
    ];
    expect(told.length).toBeGreaterThan(0);
    for (const { index, typeName } of told) expect([index, typeName]).toEqual([index, dumped.get(index)]);
  });

  it("the name of a block is that of its payload, not that of the usual meaning of its type", () => {
    const { blocks } = JSON.parse(msl(["blocks", "--json", capture("ms-investigation-full")]).stdout);
    expect(blocks[5]).toMatchObject({ type: 0x55, typeName: "KernelSymbolBundle" });
  });
});
