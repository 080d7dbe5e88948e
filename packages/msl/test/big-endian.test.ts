import { describe, expect, it } from "vitest";
import { MslReader, MslSliceReader, openCapture, verifyStream } from "../src/index.js";
import { bigEndianCapture } from "./big-endian-capture.js";
import { uuidBytes } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const bytes = bigEndianCapture();

describe("a big-endian capture of the drafts", () => {
  it("a big-endian capture of the drafts is read like any other, and reported", async () => {
    const reader = new MslSliceReader(bytes);
    expect(reader.header).toMatchObject({
      byteOrder: "big",
      pid: 4242,
      archTypeName: "PPC64",
      capBitmap: 0x101n,
      versionMajor: 1,
      versionMinor: 0,
    });
    expect(reader.dialect.id).toBe("draft-2026-03-19");
    expect(reader.deviations.map(({ id }) => id)).toEqual(["HDR-ENDIAN", "HDR-VERSION-OLD", "ORD-MODLIST"]);
    expect(reader.at(0).decode().payload).toMatchObject({ ppid: 7, exePath: "/bin/ls" });
    expect(reader.at(1).decode().payload).toMatchObject({ baseAddr: 0x400000n, numPages: 2, pageSize: 1024 });
    const capture = await openCapture(bytes);
    const { segments } = await capture.memory.read(0x400000n, 2048);
    expect(segments.map(({ state, length }) => [state, length])).toEqual([
      ["captured", 1024],
      ["failed", 1024],
    ]);
    const types: unknown[] = [];
    for await (const block of MslReader.from([bytes.slice(0, 300), bytes.slice(300)]))
      types.push([block.type, (await block.decode()).payload?.kind]);
    expect(types).toEqual([
      [0x40, "ProcessIdentity"],
      [1, "MemoryRegion"],
      [0xfff, "EndOfCapture"],
    ]);
  });

  it("verification of a big-endian capture tells an intact from an altered one", async () => {
    expect((await (await openCapture(bytes)).verify()).verdict).toBe("chain-ok+filehash-ok");
    const altered = bytes.slice();
    altered[150] = 1;
    expect((await verifyStream([altered])).outcome).toBe("altered");
  });

  it("blocks of a big-endian capture are found behind damage", () => {
    const damaged = bytes.slice();
    damaged[64 + 112] = 0;
    expect([...new MslSliceReader(damaged, { salvage: true })].map(({ type }) => type)).toEqual([0x40, 0xfff]);
  });

  it("a big-endian header is refused by a strict reader, and where no big-endian block follows", () => {
    expect(() => new MslSliceReader(bytes, { strict: true })).toThrow(/HDR-ENDIAN/);
    const lie = bytes.slice();
    lie.set([0, 0, 0, 79], 64 + 8);
    expect(() => new MslSliceReader(lie)).toThrow(/no big-endian block follows/);
  });
});

describe("a big-endian region of the draft of 2026-03-14", () => {
  /** Two pages, captured and failed; PageSize in two bytes, and the length of the map, 8 bytes, in four. */
  function legacyCapture(pageSize: number): Uint8Array {
    const region = new Uint8Array(40 + pageSize).fill(0xaa, 40);
    const fields = new DataView(region.buffer);
    fields.setBigUint64(0, 0x400000n);
    fields.setBigUint64(8, 2n * BigInt(pageSize));
    region.set([5, 3], 16);
    fields.setUint16(0x12, pageSize);
    fields.setUint32(0x14, 8);
    fields.setBigUint64(0x18, 77n);
    region[32] = 0x10;
    const block = new Uint8Array(80 + region.length);
    const header = new DataView(block.buffer);
    block.set(new TextEncoder().encode("MSLC"));
    header.setUint16(4, 1);
    header.setUint32(8, block.length);
    block.set(uuidBytes(1), 16);
    block.set(region, 80);
    return concatenated(bigEndianCapture().subarray(0, 64), block);
  }

  // The first byte of 1,024 and 32,768 is not a valid PageSizeLog2; the first bytes of the other sizes are: 16 and 32.
  it.each([1024, 4096, 8192, 32_768])(
    "a big-endian region of the draft of 2026-03-14 has its fields and pages, with pages of %i bytes",
    async (pageSize) => {
      const capture = legacyCapture(pageSize);
      const expected = { layout: "draft 2026-03-14", baseAddr: 0x400000n, pageSize, numPages: 2, timestampNs: 77n };
      const reader = new MslSliceReader(capture);
      expect(reader.dialect.id).toBe("draft-2026-03-14");
      expect(reader.at(0).decode().payload).toMatchObject(expected);
      const opened = await openCapture(capture);
      const [region] = await opened.regions();
      expect(region?.head).toMatchObject(expected);
      const { segments } = await opened.memory.read(0x400000n, 2 * pageSize);
      expect(segments.map(({ state, length }) => [state, length])).toEqual([
        ["captured", pageSize],
        ["failed", pageSize],
      ]);
      for await (const block of MslReader.from([capture])) expect((await block.decode()).payload).toMatchObject(expected);
    },
  );
});
