/** The specification's numbered rules for producers. P21 to P27, about encryption: write-producer-rules-encrypted.test.ts. */
import { createHash } from "node:crypto";
import { encodeZstd } from "@memslice/core-wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_HEADER } from "../src/format/block-header.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import { decodeLayout } from "../src/format/layout/decode.js";
import type { AnyField, Layout } from "../src/format/layout/fields.js";
import { MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import {
  BlockType,
  BytesSink,
  type Content,
  MslSliceReader,
  MslWriter,
  openCapture,
  pagesOf,
  type Sink,
  type WriterOptions,
} from "../src/index.js";
import { BLOCK_KINDS } from "../src/write/block-kinds.js";
import { vectorV1 } from "./vectors.js";
import { text } from "./write-arbitrary.js";
import {
  begin,
  CONNECTION,
  CONTEXT,
  HANDLE,
  HEADER,
  HINT,
  IDENTITY,
  lead,
  MODULE,
  PAGE,
  PROCESS,
  PROVENANCE,
  RELATED,
  ROW,
  region,
  requireConforming,
  written,
} from "./write-support.js";
import { optionsOfV1, writeV1 } from "./write-v1.js";

const TABLES = ["ProcessTable", "ConnectionTable", "HandleTable", "ConnectivityTable"] as const;
const CONTENTS = ["MemoryRegion", "ModuleEntry", "KeyHint", "RelatedDump", ...TABLES] as const;

/** A capture with a block of every kind in `contents`, of an investigation if there are tables. */
function captureWith(contents: readonly Content[], options: Partial<WriterOptions> = {}) {
  const has = (kind: Content) => contents.includes(kind);
  const investigation = options.header?.investigation ?? TABLES.some(has);
  return written({ ...options, header: { ...HEADER, ...options.header, investigation }, contents }, async (writer) => {
    await writer.processIdentity(IDENTITY);
    await writer.moduleListIndex({ entries: has("ModuleEntry") ? [MODULE] : [] });
    if (investigation) await writer.systemContext(CONTEXT);
    if (has("ProcessTable")) await writer.processTable({ entries: [PROCESS] });
    if (has("ConnectionTable")) await writer.connectionTable({ entries: [CONNECTION] });
    if (has("HandleTable")) await writer.handleTable({ entries: [HANDLE] });
    if (has("ConnectivityTable")) await writer.connectivityTable({ rows: [ROW] });
    const first = has("MemoryRegion") ? await writer.memoryRegion(region(2), { hasKeyHints: has("KeyHint") }) : undefined;
    if (has("ModuleEntry")) await writer.moduleEntry({ ...MODULE, version: "1" });
    if (has("KeyHint") && first) await writer.keyHint({ ...first.keyAt(0x10_0000n), ...HINT });
    if (has("RelatedDump")) await writer.relatedDump(RELATED);
  });
}

const everything = () => captureWith(CONTENTS);
const types = (reader: MslSliceReader) => [...reader].map(({ type }) => type);

function payloads(bytes: Uint8Array): { type: number; payload: Uint8Array; header: Uint8Array }[] {
  return [...new MslSliceReader(bytes)].map((block) => ({
    type: block.type,
    header: bytes.subarray(block.offset, block.payloadOffset),
    payload: bytes.subarray(block.payloadOffset, block.offset + block.length),
  }));
}

const layoutOf = (type: number): Layout | undefined =>
  type === BlockType.MemoryRegion ? MEMORY_REGION : Object.values(BLOCK_KINDS).find((kind) => kind.type === type)?.layout;

describe("producer rules", () => {
  it("P1: the header is valid, field by field", async () => {
    const sink = new BytesSink();
    await writeV1(new MslWriter(sink, optionsOfV1(0)));
    expect([...sink.bytes().subarray(0, 64)]).toEqual([...vectorV1(0).subarray(0, 64)]);
  });

  it("P2: UUIDs are of version 4, in RFC 9562 order", async () => {
    const options = { contents: CONTENTS, header: { ...HEADER, investigation: true } };
    const { bytes } = await captureWith(CONTENTS, { uuid: () => crypto.randomUUID(), ...options });
    const { bytes: random } = await captureWith(CONTENTS, { header: { ...HEADER, investigation: true }, contents: CONTENTS });
    for (const file of [bytes, random]) {
      const uuids = [...new MslSliceReader(file)].map(({ uuid }) => uuid);
      expect(new Set(uuids).size).toBe(uuids.length);
      for (const uuid of uuids) expect(uuid).toMatch(/^.{14}4.{4}[89ab]/);
    }
    const sink = new BytesSink();
    const ownSource = new MslWriter(sink, { header: HEADER, contents: [] });
    await lead(ownSource);
    await ownSource.end();
    const own = new MslSliceReader(sink.bytes());
    for (const uuid of [own.header.dumpUuid, ...[...own].map((block) => block.uuid)]) expect(uuid).toMatch(/^.{14}4.{4}[89ab]/);
    const named = await written({ header: { ...HEADER, dumpUuid: "00112233-4455-4677-8899-AABBCCDDEEFF" } }, lead);
    expect([...named.bytes.subarray(0x18, 0x28)]).toEqual([...vectorV1(0).subarray(0x18, 0x28)]);
    expect(() => begin({ header: { ...HEADER, dumpUuid: "00112233-4455-1677-8899-aabbccddeeff" } })).toThrow(
      /dumpUuid.*version 4/,
    );
    const { writer } = begin({ contents: ["RelatedDump"] });
    await expect(writer.processIdentity(IDENTITY, { uuid: "00112233-4455-4677-0899-aabbccddeeff" })).rejects.toThrow(/version 4/);
    await lead(writer);
    const foreign = { ...RELATED, relatedDumpUuid: "00112233-4455-1677-8899-aabbccddeeff" };
    await expect(writer.relatedDump(foreign)).rejects.toThrow(/RelatedDump.relatedDumpUuid .* expected a UUID of version 4/);
  });

  it("P3: every PrevHash is the hash of the element before", async () => {
    for (const hashAlgo of [0, 1, 2]) {
      const { bytes } = await captureWith(CONTENTS, { header: { ...HEADER, hashAlgo } });
      const report = await (await openCapture(bytes)).verify();
      expect(report).toMatchObject({ outcome: "intact", anchor: "header-hash", hashAlgo });
    }
    const sha256 = (part: Uint8Array) => createHash("sha256").update(part).digest("hex");
    const { bytes, reader } = await captureWith(CONTENTS, { header: { ...HEADER, hashAlgo: 1 } });
    const elements = [bytes.subarray(0, 64), ...[...reader].map(({ offset, length }) => bytes.subarray(offset, offset + length))];
    elements.slice(1).forEach((block, i) => {
      expect(Buffer.from(block.subarray(48, 80)).toString("hex")).toBe(sha256(elements[i] ?? block));
    });
  });

  it("P4: reserved fields are zero", async () => {
    const { bytes } = await everything();
    const ids: string[] = [];
    const report = ({ id }: { id: string }) => ids.push(id);
    decodeLayout(FILE_HEADER, bytes, report);
    for (const { type, header, payload } of payloads(bytes)) {
      decodeLayout(BLOCK_HEADER, header, report);
      const layout = layoutOf(type);
      if (layout) decodeLayout(layout, payload, report);
    }
    expect(ids).toEqual([]);
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    await expect(writer.memoryRegion({ ...region(1), protection: 0x20 })).rejects.toThrow(/protection is 32, expected 0 to 31/);
  });

  it("P5: variable fields are padded to 8 with zeros", async () => {
    for (let length = 1; length <= 17; length++) {
      const path = "x".repeat(length);
      const { bytes, reader } = await written({}, async (writer) => {
        await writer.processIdentity({ ...IDENTITY, exePath: path, cmdLine: "" });
        await writer.moduleListIndex({ entries: [] });
      });
      const payload = bytes.subarray(64 + 80, reader.at(1).offset);
      const stored = Math.ceil((length + 1) / 8) * 8;
      expect(payload.length).toBe(24 + stored);
      expect([...payload.subarray(24)]).toEqual([...Buffer.from(path), ...new Array(stored - length).fill(0)]);
    }
  });

  it("P6: written bytes are final: the sink only grows, and the writer does not change bytes that it has passed on", async () => {
    const pieces: Uint8Array[] = [];
    const copies: Uint8Array[] = [];
    const sink: Sink = {
      write: (bytes) => {
        pieces.push(bytes);
        copies.push(bytes.slice());
      },
    };
    const writer = new MslWriter(sink, { header: HEADER, contents: ["MemoryRegion"] });
    await lead(writer);
    for (let i = 0; i < 3; i++) await writer.memoryRegion(region(600));
    await writer.end();
    expect(pieces.length).toBeGreaterThan(9);
    expect(Buffer.compare(Buffer.concat(pieces), Buffer.concat(copies))).toBe(0);
    await requireConforming(Buffer.concat(pieces));
  });

  it("P7: CapBitmap announces exactly the kinds of blocks that the capture has", async () => {
    const bits: Record<string, number> = {
      MemoryRegion: 0,
      RelatedDump: 9,
      KeyHint: 10,
      ProcessTable: 12,
      ConnectionTable: 13,
      HandleTable: 14,
    };
    for (let subset = 0; subset < 2 ** CONTENTS.length; subset += 1) {
      const contents = CONTENTS.filter((_, i) => (subset >> i) & 1);
      if (contents.includes("KeyHint") && !contents.includes("MemoryRegion")) continue;
      const { reader } = await captureWith(contents);
      const system = TABLES.some((table) => contents.includes(table)) ? 1n << 11n : 0n;
      const expected = contents.reduce((bitmap, kind) => bitmap | (1n << BigInt(bits[kind] ?? 1)), 0x102n | system);
      const connectivity = contents.includes("ConnectivityTable") ? 0x2n : 0n;
      expect(reader.header.capBitmap, contents.join()).toBe(expected | connectivity);
      expect(reader.deviations).toEqual([]);
    }
  });

  it("P7: a block of a kind that was not announced is refused, and so is an end without an announced kind", async () => {
    const { writer } = begin({ contents: ["RelatedDump"] });
    await lead(writer);
    await expect(writer.memoryRegion(region(1))).rejects.toThrow("Block 2 is MemoryRegion, which contents does not list");
    await expect(writer.end()).rejects.toThrow("End-of-Capture after 2 blocks, but the header announces RelatedDump");
    await writer.relatedDump(RELATED);
    await expect(writer.end()).resolves.toMatchObject({ blocks: 4 });
  });

  it("P8: an import has the flag, and Import Provenance as block 0, once", async () => {
    const header = { ...HEADER, imported: true };
    const { reader } = await written(
      { header, contents: ["ProcessIdentity", "ModuleListIndex", "MemoryRegion"] },
      async (writer) => {
        await expect(writer.processIdentity(IDENTITY)).rejects.toThrow(
          "Block 0 is ProcessIdentity, but ImportProvenance belongs there",
        );
        await writer.importProvenance(PROVENANCE);
        await expect(writer.moduleListIndex({ entries: [] })).rejects.toThrow("but ProcessIdentity belongs there");
        await writer.processIdentity(IDENTITY);
        await writer.moduleListIndex({ entries: [] });
        await expect(writer.importProvenance(PROVENANCE)).rejects.toThrow("Block 3 is ImportProvenance again");
        await writer.memoryRegion(region(1));
      },
    );
    expect(reader.header).toMatchObject({ imported: true, flags: 1 });
    expect(types(reader)).toEqual([0x30, 0x40, 0x10, 1, 0xfff]);
    const minimal = await written({ header, contents: ["MemoryRegion"] }, async (writer) => {
      await writer.importProvenance(PROVENANCE);
      await writer.memoryRegion(region(1));
    });
    expect(types(minimal.reader)).toEqual([0x30, 1, 0xfff]);
    expect(minimal.reader.header.capBitmap).toBe(1n);
    expect(() => begin({ contents: ["ImportProvenance"] })).toThrow(
      "contents lists ImportProvenance, but header.imported is not set",
    );
    const { writer } = begin({ header });
    await expect(writer.end()).rejects.toThrow("the header announces ImportProvenance");
  });

  it("P8: an import's header has no time of its own", async () => {
    const { timestampNs: _, ...header } = HEADER;
    expect(begin({ header: { ...header, imported: true } }).writer.header.timestampNs).toBe(0n);
    expect(begin({ header }).writer.header.timestampNs).toBe(77n);
  });

  it("P9: PayloadVersion is 1", async () => {
    const { reader } = await everything();
    expect(new Set([...reader].map(({ payloadVersion }) => payloadVersion))).toEqual(new Set([1]));
  });

  it("P10: without Compressed, CompAlgo is 0", async () => {
    const { reader } = await everything();
    expect([...reader].map(({ flags }) => flags & 7)).toEqual(new Array(reader.length).fill(0));
  });

  it("P11: regions above the payload limit are split", async () => {
    const pages = pagesOf([
      { count: 3, state: "captured" },
      { count: 40, state: "failed" },
      { count: 2, state: "captured" },
    ]);
    const wide = { ...region(5), regionSize: BigInt(45 * PAGE), pages };
    const { reader } = await written({ contents: ["MemoryRegion"], splitAbove: 32 + 16 + 2 * PAGE }, async (writer) => {
      await lead(writer);
      await writer.memoryRegion(wide);
    });
    const [, , first, ...rest] = [...reader].slice(0, -1);
    expect(first?.flags).toBe(0x10);
    expect(rest.map(({ flags, parentUuid }) => [flags, parentUuid])).toEqual(rest.map(() => [0x20, first?.uuid]));
    const heads = [first, ...rest].map((block) => block?.decode().payload as { baseAddr: bigint; regionSize: bigint });
    let next = wide.baseAddr;
    for (const { baseAddr, regionSize } of heads) {
      expect(baseAddr).toBe(next);
      next += regionSize;
    }
    expect(next).toBe(wide.baseAddr + wide.regionSize);
    for (const { length } of rest) expect(length).toBeLessThanOrEqual(80 + 32 + 16 + 2 * PAGE);
    expect(rest.length).toBe(2);
  });

  it("P12: an unavailable DiskHash is 32 zero bytes", async () => {
    const { bytes } = await captureWith(["ModuleEntry"]);
    const [, , entry] = payloads(bytes);
    expect([...(entry?.payload.subarray(24 + 8 + 8, 24 + 8 + 8 + 32) ?? [])]).toEqual(new Array(32).fill(0));
  });

  it("P13: PageSizeLog2 outside 10 to 40 is refused", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    for (const pageSizeLog2 of [0, 9, 41, 255, 10.5, Number.NaN]) {
      await expect(writer.memoryRegion({ ...region(0), pageSizeLog2 })).rejects.toThrow(/pageSizeLog2 is .* expected 10 to 40/);
    }
    await writer.memoryRegion({ ...region(0), pageSizeLog2: 10 });
    await writer.memoryRegion({ ...region(0), pageSizeLog2: 40 });
    await writer.end();
  });

  it("P14: text is well-formed UTF-8", async () => {
    const strict = new TextDecoder("utf-8", { fatal: true });
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
        async (good, any) => {
          const { sink, writer } = begin({ flush: "block" });
          await writer.processIdentity({ ...IDENTITY, exePath: good, cmdLine: "" });
          const stored = sink.bytes().subarray(64 + 80 + 24);
          expect(strict.decode(stored.subarray(0, Buffer.byteLength(good)))).toBe(good);
          const { writer: other } = begin({});
          const attempt = other.processIdentity({ ...IDENTITY, exePath: any });
          if (Buffer.from(any).toString() === any && !any.includes("\0")) await attempt;
          else await expect(attempt).rejects.toThrow(/ProcessIdentity.exePath has a (lone surrogate|NUL)/);
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it("P15: ports are little-endian", async () => {
    const { bytes } = await captureWith(["ConnectionTable"]);
    const table = payloads(bytes).find(({ type }) => type === 0x52);
    expect([...(table?.payload.subarray(8 + 0x18, 8 + 0x1a) ?? [])]).toEqual([0xbb, 0x01]);
  });

  it("P16: BlockCount is the number of blocks, or 0", async () => {
    const { reader } = await everything();
    expect(reader.header.blockCount).toBe(0);
    const counted = await captureWith(["MemoryRegion"], { blockCount: 4 });
    expect([counted.reader.header.blockCount, counted.reader.length]).toEqual([4, 4]);
    const { writer } = begin({ contents: ["MemoryRegion"], blockCount: 5 });
    await lead(writer);
    await writer.memoryRegion(region(1));
    await expect(writer.end()).rejects.toThrow("End-of-Capture is block 3, but blockCount is 5");
    await writer.memoryRegion(region(1));
    await expect(writer.memoryRegion(region(1))).rejects.toThrow(
      /Block 4 is MemoryRegion, but .* more blocks than blockCount, 5/,
    );
    await writer.end();
    expect(() => begin({ contents: ["MemoryRegion"], blockCount: 3 })).toThrow(
      "blockCount is 3, but contents and End-of-Capture make 4",
    );
  });

  it("acquirers: Process Identity is block 0 and Module List Index is block 1, also without modules", async () => {
    const { reader } = await written({}, lead);
    expect(types(reader)).toEqual([0x40, 0x10, 0xfff]);
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await expect(writer.memoryRegion(region(1))).rejects.toThrow("Block 0 is MemoryRegion, but ProcessIdentity belongs there");
    await writer.processIdentity(IDENTITY);
    await expect(writer.end()).rejects.toThrow("the header announces ModuleListIndex");
  });

  it("P17: in an investigation System Context is block 2, also with modules", async () => {
    const { reader } = await captureWith(["ModuleEntry", "ProcessTable"]);
    expect(types(reader)).toEqual([0x40, 0x10, 0x50, 0x51, 2, 0xfff]);
    const header = { ...HEADER, investigation: true };
    const { writer } = begin({ header, contents: ["MemoryRegion"] });
    await lead(writer);
    await expect(writer.memoryRegion(region(1))).rejects.toThrow("Block 2 is MemoryRegion, but SystemContext belongs there");
    const imported = await written({ header: { ...header, imported: true }, contents: ["ModuleListIndex"] }, async (of) => {
      await of.importProvenance(PROVENANCE);
      await of.processIdentity(IDENTITY);
      await of.systemContext(CONTEXT);
      await of.moduleListIndex({ entries: [] });
    });
    expect(types(imported.reader)).toEqual([0x30, 0x40, 0x50, 0x10, 0xfff]);
    expect(() => begin({ contents: ["ProcessTable"] })).toThrow(
      "contents lists ProcessTable, but header.investigation is not set",
    );
  });

  it("P18: an investigation sets CapBitmap bit 11", async () => {
    const { reader } = await captureWith([], { header: { ...HEADER, investigation: true } });
    expect(reader.header).toMatchObject({ flags: 2, capBitmap: 0x902n });
  });

  it("P19: TableBitmap announces exactly the tables that follow", async () => {
    for (let bitmap = 0; bitmap < 16; bitmap++) {
      const contents = TABLES.filter((_, i) => (bitmap >> i) & 1);
      const { reader } = await captureWith(contents, { header: { ...HEADER, investigation: true } });
      expect(reader.at(2).decode().payload).toMatchObject({ kind: "SystemContext", tableBitmap: bitmap });
      expect((reader.at(2).flags & 0x10) !== 0).toBe(bitmap !== 0);
      expect([...reader].slice(3, -1).map(({ type }) => type)).toEqual(contents.map((kind) => BLOCK_KINDS[kind].type));
    }
    const { writer } = begin({ header: { ...HEADER, investigation: true }, contents: ["ConnectivityTable"] });
    await lead(writer);
    await writer.systemContext(CONTEXT);
    await expect(writer.connectivityTable({ rows: [] })).rejects.toThrow("has no rows, but contents lists it");
  });

  it("an empty Connectivity Table is listed by its type, and TableBitmap does not announce it", async () => {
    const { writer, sink } = begin({ header: { ...HEADER, investigation: true }, contents: [BlockType.ConnectivityTable] });
    await lead(writer);
    await writer.systemContext(CONTEXT, { hasChildren: true });
    await expect(writer.connectivityTable({ rows: [ROW] })).rejects.toThrow("has rows, but contents lists its type");
    await writer.connectivityTable({ rows: [] });
    await writer.end();
    const reader = new MslSliceReader(sink.bytes());
    expect(reader.at(2).decode().payload).toMatchObject({ tableBitmap: 0 });
    expect(reader.at(3).decode().payload).toEqual({ kind: "ConnectivityTable", rowCount: 0, rows: [] });
    await requireConforming(sink.bytes());
  });

  it("P20: redacted fields are empty, and the flag Redacted is set", async () => {
    const fields = (kind: keyof typeof BLOCK_KINDS) =>
      flattened(BLOCK_KINDS[kind].layout.fields)
        .filter((field) => field.kind === "text")
        .map(({ name }) => name);
    const cases = (["ProcessIdentity", "SystemContext", "ProcessTable", "HandleTable"] as const).flatMap((kind) =>
      fields(kind)
        .filter((name) => name !== "osVersion")
        .map((name) => [kind, name] as const),
    );
    expect(cases.length).toBe(11);
    for (const [kind, name] of cases) {
      const plain = await captureWith(CONTENTS);
      const { bytes, reader } = await captureWith(CONTENTS, { redact: { [kind]: [name] } });
      expect([plain.reader.header.redacted, reader.header.redacted]).toEqual([false, true]);
      const block = (of: MslSliceReader) =>
        [...of].find(({ typeName }) => typeName === kind)?.decode().payload as unknown as Record<string, unknown>;
      const value = (of: MslSliceReader) => {
        const payload = block(of);
        return payload[name] ?? (payload["entries"] as Record<string, unknown>[])[0]?.[name];
      };
      expect([value(plain.reader) === "", value(reader)]).toEqual([false, ""]);
      expect(bytes.length).toBeLessThan(plain.bytes.length);
    }
    expect(() => begin({ redact: { ProcessIdentity: ["ppid"] } })).toThrow("ProcessIdentity.ppid cannot be redacted");
    expect(begin({ header: { ...HEADER, redacted: true } }).writer.header.flags).toBe(8);
  });

  it("P28: compressed payloads begin with their size", async () => {
    for (const [compression, prefix] of [
      ["zstd", 8],
      ["zstd-fast", 8],
      ["lz4", 12],
    ] as const) {
      const { bytes, reader } = await captureWith(["MemoryRegion"], { compression });
      const block = reader.at(2);
      expect(block.flags).toBe(compression === "lz4" ? 5 : 3);
      const view = new DataView(bytes.buffer, block.payloadOffset);
      expect(view.getBigUint64(0, true)).toBe(BigInt(32 + 8 + 2 * PAGE));
      if (prefix === 12) expect(view.getUint32(8, true)).toBe(32 + 8 + 2 * PAGE);
      else expect(view.getUint32(8, true)).toBe(0xfd2fb528);
      expect(block.decode().payload).toMatchObject({ kind: "MemoryRegion", numPages: 2 });
    }
  });

  it("P29: BlockLength is the size on disk", async () => {
    const frames: number[] = [];
    const codecs = {
      encodeZstd: (bytes: Uint8Array, level: "fast" | "default") => {
        const frame = encodeZstd(bytes, level);
        frames.push(frame.length);
        return frame;
      },
    };
    const { bytes, reader } = await captureWith(["MemoryRegion"], { compression: "zstd", codecs });
    const block = reader.at(2);
    expect(frames).toEqual([block.length - 80 - 8]);
    expect(Buffer.from(bytes.subarray(block.offset + block.length, block.offset + block.length + 4)).toString()).toBe("MSLC");
  });

  it("P30: only types with a specified payload are written", async () => {
    const { reader } = await everything();
    expect([...new Set(types(reader))].sort((a, b) => a - b)).toEqual([
      0x1, 0x2, 0x10, 0x20, 0x40, 0x41, 0x50, 0x51, 0x52, 0x53, 0x55, 0xfff,
    ]);
    expect(() => begin({ contents: [0x11] })).toThrow(/whose payload the specification does not define: only with nonConforming/);
    const { writer } = begin({});
    const payload = new Uint8Array(8);
    await expect(writer.writeRaw({ type: 0x11, payload })).rejects.toThrow(
      /0x0011 has no payload that the specification defines/,
    );
    await expect(writer.writeRaw({ type: 0x40, payload })).rejects.toThrow(/0x0040 has a method of its own/);
    await expect(writer.writeRaw({ type: 0, payload })).rejects.toThrow(/does not write type 0x0000/);
    const { writer: free } = begin({ nonConforming: true });
    await expect(free.writeRaw({ type: 0xfff, payload })).rejects.toThrow(/does not write type 0x0fff/);
    await expect(free.writeRaw({ type: 0, payload })).rejects.toThrow(/does not write type 0x0000/);
  });

  it("P31: HashAlgo is a registered code, by default BLAKE3", () => {
    expect(begin({}).writer.header.hashAlgo).toBe(0);
    for (const hashAlgo of [3, 255, -1, 1.5]) {
      expect(() => begin({ header: { ...HEADER, hashAlgo } })).toThrow(`FileHeader.hashAlgo is ${hashAlgo}`);
    }
  });

  it("P32: all hashes of a capture have one algorithm", async () => {
    for (const [hashAlgo, name] of [
      [1, "sha256"],
      [2, "sha512-256"],
    ] as const) {
      const { bytes, reader } = await captureWith(["MemoryRegion"], { header: { ...HEADER, hashAlgo } });
      const digest = (part: Uint8Array) => createHash(name).update(part).digest("hex");
      const stored = (at: number) => Buffer.from(bytes.subarray(at, at + 32)).toString("hex");
      const end = reader.at(3);
      expect(stored(end.payloadOffset)).toBe(digest(bytes.subarray(0, end.offset)));
      expect(stored(64 + 48)).toBe(digest(bytes.subarray(0, 64)));
      expect(stored(end.offset + 48)).toBe(digest(bytes.subarray(reader.at(2).offset, end.offset)));
    }
  });
});

function flattened(fields: readonly AnyField[]): readonly AnyField[] {
  return fields.flatMap((field) => (field.kind === "entries" ? flattened(field.layout.fields) : [field]));
}
