/** fixtures/dumps has the dumps that sample-dumps.ts makes; `UPDATE_DUMPS=1` writes them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { imported, provenanceOf } from "../support/imported.js";
import { SAMPLE_DUMPS } from "./sample-dumps.js";

const FOLDER = new URL("../../../../fixtures/dumps/", import.meta.url);

describe("sample dumps", () => {
  it.each(Object.entries(SAMPLE_DUMPS))("%s is the file in fixtures/dumps", (name, make) => {
    if (process.env["UPDATE_DUMPS"]) {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(new URL(name, FOLDER), make());
    }
    expect(Buffer.compare(readFileSync(new URL(name, FOLDER)), make())).toBe(0);
  });

  it("of Windows becomes a capture of its process", async () => {
    const { capture, report } = await imported(readFileSync(new URL("windows-x64.dmp", FOLDER)));
    expect([report.regions, report.modules, report.threads, report.filledBytes]).toEqual([7, 2, 2, 0]);
    expect((await capture.threads()).map(({ id, name, crashed, current, pc }) => [id, name, crashed, current, pc])).toEqual([
      [4244n, "main", true, true, 0x401044n],
      [4248n, "wörker", false, false, 0x7ffe00001020n],
    ]);
    expect((await provenanceOf(capture)).sourceFormatName).toBe("ProcDump");
    expect(await capture.memory.stateAt(0x402000n)).toBe("failed");
    expect(await capture.memory.stateAt(0x800000n)).toBe("absent");
  });

  it("of Linux has the regions of its maps, and bytes of stack and code", async () => {
    const { capture, report } = await imported(readFileSync(new URL("linux-arm64.dmp", FOLDER)));
    expect([report.pid, report.regions, report.modules, report.threads]).toEqual([321, 4, 1, 1]);
    const states: unknown[] = [];
    for await (const { start, end, state } of capture.memory.states()) states.push([start, end, state]);
    expect(states).toEqual([
      [0x555500000000n, 0x555500001000n, "captured"],
      [0x555500001000n, 0x555500003000n, "failed"],
      // The stack is in the dump from its pointer on.
      [0x7ffc00000000n, 0x7ffc00002e80n, "failed"],
      [0x7ffc00002e80n, 0x7ffc00004000n, "captured"],
    ]);
  });
});
