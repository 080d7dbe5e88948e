/** Every field that readers return can be written, or is listed here with the reason why it cannot. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_HEADER } from "../src/format/block-header.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import type { AnyField, Layout } from "../src/format/layout/fields.js";
import { MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { BLOCK_TYPE, BytesSink, type Content, codeName, MslSliceReader, MslWriter, type WritablePayload } from "../src/index.js";
import { BLOCK_KINDS, isTableKind, type TableKind } from "../src/write/block-kinds.js";
import { valuesOf } from "./write-arbitrary.js";
import { CONTEXT, IDENTITY, PAGE, PROVENANCE, region, uuidSource } from "./write-support.js";

/** Fields that the writer computes itself, and ignores in the values that it is given. */
const FOLLOWS = {
  "SystemContext.tableBitmap": "follows from contents",
  "FileHeader.magic": "is always the same",
  "FileHeader.endianness": "is always the same",
  "FileHeader.headerSize": "follows from encryption",
  "FileHeader.versionBytes": "is always 1.1",
  "FileHeader.flags": "follows from imported, investigation and redacted",
  "FileHeader.capBitmap": "follows from contents",
  "FileHeader.blockCount": "is the option blockCount: a count that was read may be wrong for what is written",
  "BlockHeader.magic": "is always the same",
  "BlockHeader.type": "follows from the method",
  "BlockHeader.flags": "follows from hasChildren, hasKeyHints, continuationOf and compression",
  "BlockHeader.length": "follows from the payload",
  "BlockHeader.payloadVersion": "is always 1",
  "BlockHeader.prevHash": "follows from the bytes before",
  "EndOfCapture.fileHash": "follows from the bytes before",
} as const;

/** Fields and types that a 1.1 producer must not write. */
const NOT_OURS = {
  "ImportProvenance.sourceHash": "MemDiver's; 1.1 has no such field",
  "RelatedDump.targetHash": "MemDiver's; 1.1 has no such field",
  "SystemContext.uptimeNs": "MemDiver's; 1.1 has no such field",
  "SystemContext.osVersion": "MemDiver's; 1.1 has no such field",
} as const;

const TYPES_NOT_OURS: Readonly<Record<number, string>> = {
  84: "memslicer's code for a Connectivity Table; written as 0x0055",
  86: "memslicer's own",
  87: "memslicer's own",
  88: "memslicer's own",
  89: "memslicer's own",
  90: "memslicer's own",
  4097: "MemDiver's own payload under a reserved code",
  4099: "MemDiver's own payload under a reserved code",
};

function names(table: Layout): string[] {
  const flat = (fields: readonly AnyField[]): string[] =>
    fields.flatMap((field) => {
      if (field.kind === "zeros" || field.kind === "length") return [];
      return field.kind === "optional" ? flat(field.fields) : [field.name];
    });
  return flat(table.fields).map((name) => `${table.name}.${name}`);
}

const REASONED = new Set<string>([...Object.keys(FOLLOWS), ...Object.keys(NOT_OURS)]);

/** Writes the value in a block of this kind, and returns the payload that a reader returns for it. */
async function through(kind: TableKind | "MemoryRegion", value: Record<string, unknown>): Promise<Record<string, unknown>> {
  const sink = new BytesSink();
  const imported = kind === "ImportProvenance";
  const needed: Partial<Record<typeof kind, Content[]>> = {
    ModuleListIndex: ["ModuleEntry"],
    KeyHint: ["MemoryRegion"],
    ModuleEntry: [],
  };
  const header = { osType: 0, archType: 0, pid: 0, imported, investigation: true };
  const contents: Content[] = [kind, ...(needed[kind] ?? [])];
  const writer = new MslWriter(sink, {
    header,
    contents: contents.filter((content) => content !== "SystemContext"),
    uuid: uuidSource(),
    flush: "block",
  });
  const given = { kind, ...value } as unknown as Record<string, unknown> & WritablePayload;
  const first = imported ? "ImportProvenance" : "ProcessIdentity";
  if (imported) await writer.importProvenance(kind === first ? (given as never) : PROVENANCE);
  else await writer.processIdentity(kind === first ? (given as never) : IDENTITY);
  if (kind !== first) {
    const entries = kind === "ModuleEntry" ? [given as never] : [];
    await writer.moduleListIndex(kind === "ModuleListIndex" ? (given as never) : { entries });
  }
  if (kind !== first && kind !== "ModuleListIndex") {
    await writer.systemContext(kind === "SystemContext" ? (given as never) : CONTEXT);
    if (kind === "KeyHint") {
      const { uuid } = await writer.memoryRegion(region(2), { hasKeyHints: true, uuid: String(value["regionUuid"]) });
      Object.assign(given, { regionUuid: uuid });
    }
    if (kind !== "SystemContext")
      await writer.write(given, { keepNote: true, ...(kind === "ThreadContext" ? { asRead: true } : {}) });
  }
  const blocks = [...new MslSliceReader(sink.bytes())].filter(({ typeName }) => typeName === kind);
  return { ...blocks[0]?.decode().payload };
}

/** Values that do not contradict the other blocks of the capture. */
function sampled(kind: TableKind): Record<string, unknown>[] {
  const values = fc.sample(valuesOf(BLOCK_KINDS[kind].layout, { tails: false }), { numRuns: 30, seed: 7 });
  return values
    .filter((value) => kind !== "ModuleListIndex" || (value["entries"] as unknown[]).length > 0)
    .filter((value) => kind !== "ConnectivityTable" || (value["rows"] as unknown[]).length > 0)
    .map((value) =>
      kind === "KeyHint"
        ? { ...value, regionOffset: BigInt(Number(value["keyType"]) % PAGE), keyLen: Number(value["protocol"]) % PAGE }
        : value,
    );
}

describe("every field that a reader returns can be written, or the reason why not is listed", () => {
  const kinds = Object.keys(BLOCK_KINDS).filter(isTableKind);

  it.each(kinds)("a writer writes every field of %s that a reader returns", async (kind) => {
    const writable = names(BLOCK_KINDS[kind].layout).filter((name) => !REASONED.has(name));
    const values = sampled(kind);
    expect(values.length).toBeGreaterThan(15);
    for (const value of values) {
      const read = await through(kind, value);
      for (const name of writable) {
        const field = name.slice(kind.length + 1);
        const wanted = value[field];
        if (Array.isArray(wanted)) expect(read[field], name).toMatchObject(wanted);
        else expect(read[field], name).toEqual(wanted);
      }
    }
  });

  it("a writer writes every field of a Memory Region that a reader returns", async () => {
    const value = { ...region(3), protection: 31, regionType: 255, timestampNs: 2n ** 64n - 1n, pageSizeLog2: 10 };
    const read = await through("MemoryRegion", value);
    for (const name of names(MEMORY_REGION)) {
      const field = name.slice("MemoryRegion.".length) as keyof typeof value;
      expect(read[field], name).toEqual(value[field]);
    }
    expect(read["pageData"]).toEqual(value.pageData);
  });

  it("a writer writes every field of the file header that a reader returns", () => {
    const values = fc.sample(valuesOf(FILE_HEADER), { numRuns: 30, seed: 7 });
    for (const value of values) {
      value["hashAlgo"] = Number(value["hashAlgo"]) % 3;
      const { header } = new MslWriter(new BytesSink(), { header: value as never, contents: [] });
      for (const name of names(FILE_HEADER).filter((of) => !REASONED.has(of))) {
        const field = name.slice("FileHeader.".length);
        expect((header as unknown as Record<string, unknown>)[field], name).toEqual(value[field]);
      }
    }
  });

  it("a writer takes every field of a block header from the payload or from an option", () => {
    expect(names(BLOCK_HEADER).filter((name) => !REASONED.has(name))).toEqual(["BlockHeader.uuid", "BlockHeader.parentUuid"]);
  });

  it("a writer writes every type that readers decode, unless the list has a reason why not", () => {
    for (const type of Object.keys(PAYLOAD_LAYOUTS).map(Number)) {
      const kind = codeName(BLOCK_TYPE, type);
      const ours = (isTableKind(kind) && BLOCK_KINDS[kind].type === type) || kind === "EndOfCapture";
      expect([type, ours, type in TYPES_NOT_OURS]).toEqual([type, ours, !ours]);
    }
  });

  it("the list of reasons names no field that does not exist", () => {
    const tables = [FILE_HEADER, BLOCK_HEADER, ...Object.values(PAYLOAD_LAYOUTS)];
    const all = new Set(tables.flatMap(names));
    for (const name of REASONED) expect(all.has(name), name).toBe(true);
  });
});
