/** Captures that minidumps become, as readers see them. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { imported, provenanceOf } from "../support/imported.js";
import { amd64Context } from "./contexts.js";
import { fields, MinidumpFixture, pattern } from "./fixture.js";

/** A dump of a process with two regions, a module, two threads and two handles. */
function dumpOfProcess(): Uint8Array {
  const fixture = new MinidumpFixture().systemInfo();
  const context = fixture.data(amd64Context({ rip: 0x400010n, rsp: 0x8ff100n }));
  const thread = (id: number) => fields().u32(id, 0, 0, 0).u64(0n, 0n).u32(0, 0).u32(1232, context).done();
  fixture.stream(3, fields().u32(2).bytes(thread(10)).bytes(thread(11)).done());
  const name = fixture.string("C:\\a.exe");
  const versionAndRecords = fields()
    .u32(0xfeef04bd, 0x10000, 0x10002, 0x30004)
    .zeros(9 * 4 + 16 + 16);
  const module = fields().u64(0x400000n).u32(0x2000, 0, 0, name).bytes(versionAndRecords.done());
  fixture.stream(4, fields().u32(1).bytes(module.done()).done());
  fixture.stream(15, fields().u32(24, 3, 4242, 1_700_000_000, 0, 0).done());
  const file = fixture.string("File");
  const path = fixture.string("\\Device\\HarddiskVolume3\\a.txt");
  const handle = fields().u64(8n).u32(file, path, 0, 0, 1, 1);
  fixture.stream(12, fields().u32(16, 32, 1, 0).bytes(handle.done()).done());
  fixture.memoryInfo([
    { base: 0x400000n, size: 0x2000n, protect: 0x20, type: 0x1000000 },
    { base: 0x8f0000n, size: 0x10000n, protect: 0x04 },
  ]);
  fixture.memory64([
    [0x400000n, pattern(0x1000, 1)],
    [0x8ff100n, pattern(0xf00, 2)],
  ]);
  return fixture.done({ time: 1_700_000_100 });
}

describe("the capture of a minidump", () => {
  it("has its process, its memory with holes, its modules, threads and handles", async () => {
    const dump = dumpOfProcess();
    const { capture, report } = await imported(dump);
    expect([capture.header.osTypeName, capture.header.archTypeName, capture.header.pid]).toEqual(["Windows", "x86_64", 4242]);
    expect(capture.header.timestampNs).toBe(1_700_000_100n * 1_000_000_000n);
    const regions = await capture.regions();
    expect(regions.map(({ baseAddr, regionSize, head }) => [baseAddr, regionSize, head.protection, head.regionTypeName])).toEqual(
      [
        [0x400000n, 0x2000n, 5, "image"],
        [0x8f0000n, 0x10000n, 3, "anonymous"],
        // The part of a page from 0x8ff100 to 0x8fffff, in pages of 1024 bytes.
        [0x8ff100n, 0xc00n, 3, "anonymous"],
        [0x8ffc00n, 0x400n, 3, "anonymous"],
      ],
    );
    const read = await capture.memory.read(0x400000n, 0x2000);
    expect(read.segments.map(({ state, length }) => [state, length])).toEqual([
      ["captured", 0x1000],
      ["failed", 0x1000],
    ]);
    expect(read.segments[0]?.bytes).toEqual(pattern(0x1000, 1));
    const stack = await capture.memory.read(0x8fe000n, 0x2000);
    expect(stack.segments.map(({ state, length }) => [state, length])).toEqual([
      ["failed", 0x1100],
      ["captured", 0xb00],
      ["captured", 0x400],
    ]);
    const found = stack.segments.slice(1).flatMap(({ bytes }) => [...(bytes ?? [])]);
    expect(Uint8Array.from(found)).toEqual(pattern(0xf00, 2));
    expect((await capture.modules()).map(({ baseAddr, path, entry }) => [baseAddr, path, entry?.version])).toEqual([
      [0x400000n, "C:\\a.exe", "1.2.3.4"],
    ]);
    expect((await capture.threads()).map(({ id, current, pc, sp }) => [id, current, pc, sp])).toEqual([
      [10n, true, 0x400010n, 0x8ff100n],
      [11n, false, 0x400010n, 0x8ff100n],
    ]);
    expect([report.threads, report.modules, report.regions, report.filledBytes]).toEqual([2, 1, 4, 0]);
    const handles = [...capture.blocks.ofType(0x53)];
    const { payload } = (await handles[0]?.decode()) ?? {};
    expect(payload?.kind === "HandleTable" && payload.entries.map(({ fd, path }) => [fd, path])).toEqual([
      [8, "\\Device\\HarddiskVolume3\\a.txt"],
    ]);
  });

  it("names the dump in Import Provenance, by its digest, and says what is a region of its own", async () => {
    const dump = dumpOfProcess();
    const { capture } = await imported(dump, { importTimeNs: 5n });
    const { sourceFormatName, origFileSize, note } = await provenanceOf(capture);
    expect([sourceFormatName, origFileSize]).toEqual(["Windows Minidump", BigInt(dump.length)]);
    expect(note).toContain(`source-sha256=${createHash("sha256").update(dump).digest("hex")}`);
    expect(note).toContain(
      "2 regions of pages of 1024 bytes with what the dump has of pages whose first bytes it lacks; these pages are failed",
    );
  });
});
