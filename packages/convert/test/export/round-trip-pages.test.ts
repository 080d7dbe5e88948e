/** Captures with pages smaller than those of their machine, exported and imported again: a hole never comes back as zeros. */
import { BytesSink, MslWriter, openCapture, pagesOf } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { exportElfCore, exportMinidump, importCapture } from "../../src/index.js";

const KIB = 1024;
const BASE = 0x4000n;

/** A region of pages of 1024 bytes: `c` captured, filled with the number of the page and 1; `f` failed. */
async function captureOf(states: string): Promise<Uint8Array> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, {
    header: { osType: 0, archType: 1, pid: 7, timestampNs: 1n },
    contents: ["MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 1, startTimeNs: 0n, exePath: "a.exe", cmdLine: "a" });
  await writer.moduleListIndex({ entries: [] });
  const all = [...states].map((letter) => (letter === "c" ? ("captured" as const) : ("failed" as const)));
  const pageData = Buffer.concat(all.flatMap((state, at) => (state === "captured" ? [Buffer.alloc(KIB, at + 1)] : [])));
  await writer.memoryRegion({
    ...{ baseAddr: BASE, regionSize: BigInt(states.length * KIB), protection: 3, regionType: 5, pageSizeLog2: 10 },
    ...{ timestampNs: 0n, pages: pagesOf(all.map((state) => ({ count: 1, state }))), pageData: new Uint8Array(pageData) },
  });
  await writer.end();
  return sink.bytes();
}

/** A letter for each KiB of the region: `c` with the bytes of its page, `?` with others, `f` without bytes. */
async function readBack(capture: Uint8Array, count: number): Promise<string> {
  const { memory } = await openCapture(capture);
  const letters = Array.from({ length: count }, async (_, page) => {
    const { complete, segments } = await memory.read(BASE + BigInt(page * KIB), KIB);
    if (!complete) return segments.every(({ state }) => state === "failed") ? "f" : "-";
    return segments.every(({ bytes }) => bytes?.every((byte) => byte === page + 1)) ? "c" : "?";
  });
  return (await Promise.all(letters)).join("");
}

describe.each([
  ["a minidump", exportMinidump],
  ["an ELF core", exportElfCore],
])("pages of 1024 bytes by way of %s", (_, exported) => {
  // The third one begins with a page of 4096 bytes of which the last KiB is captured; the last one has 2 KiB at the end of a region.
  it.each(["ccccffffcccc", "ccccfccccccf", "fffccccccccc", "cfcfcfcfcfcf", "ffffcc"])("keep their states: %s", async (states) => {
    const [dump, again] = [new BytesSink(), new BytesSink()];
    await exported(await openCapture(await captureOf(states)), dump);
    const report = await importCapture(dump.bytes(), again);
    expect(await readBack(again.bytes(), states.length)).toBe(states);
    expect(report.filledBytes).toBe(0);
  });
});
