/** Random captures: what is written is read, and what is read is written again, byte for byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BlockFlag,
  BytesSink,
  type Content,
  MslSliceReader,
  MslWriter,
  type Payload,
  type PlannedBlock,
  pagesOf,
  type RegionInput,
  type SliceBlock,
  type TableKind,
  type WritablePayload,
  writeCapture,
} from "../src/index.js";
import { BLOCK_KINDS } from "../src/write/block-kinds.js";
import { uuidV4, valuesOf } from "./write-arbitrary.js";
import { PAGE, region, requireConforming, uuidSource } from "./write-support.js";

const COMPRESSIONS = ["none", "zstd", "lz4"] as const;

const valueOfKind = (kind: TableKind) =>
  valuesOf(BLOCK_KINDS[kind].layout, { tails: false }).map((value) => ({ ...value, kind }) as unknown as WritablePayload);
const stretches = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 9 }),
    state: fc.constantFrom("captured" as const, "failed" as const, "unmapped" as const),
  }),
  { maxLength: 6 },
);
const regions = fc.uniqueArray(fc.tuple(uuidV4, stretches, fc.nat(1000), fc.constantFrom(...COMPRESSIONS), fc.boolean()), {
  selector: ([uuid]) => uuid,
  maxLength: 4,
});
const modules = fc.uniqueArray(fc.tuple(uuidV4, valuesOf(BLOCK_KINDS.ModuleEntry.layout)), {
  selector: ([uuid]) => uuid,
  maxLength: 3,
});
const tables = fc.tuple(
  ...(["ProcessTable", "ConnectionTable", "HandleTable", "ConnectivityTable"] as const).map((kind) =>
    fc.option(
      valueOfKind(kind).filter(
        (value) => kind !== "ConnectivityTable" || (value as unknown as { rows: unknown[] }).rows.length > 0,
      ),
    ),
  ),
);

interface Specimen {
  readonly header: {
    readonly hashAlgo: number;
    readonly investigation: boolean;
    readonly redacted: boolean;
    readonly pid: number;
  };
  readonly blocks: readonly PlannedBlock[];
  readonly splitAbove: number;
}

const specimen: fc.Arbitrary<Specimen> = fc
  .record({
    hashAlgo: fc.constantFrom(0, 1, 2),
    investigation: fc.boolean(),
    redacted: fc.boolean(),
    pid: fc.nat(),
    identity: valueOfKind("ProcessIdentity"),
    context: valueOfKind("SystemContext"),
    tables,
    modules,
    regions,
    related: fc.option(valueOfKind("RelatedDump")),
    hint: valuesOf(BLOCK_KINDS.KeyHint.layout),
    splitAbove: fc.constantFrom(2 ** 32 - 81, 32 + 8 + 3 * PAGE),
  })
  .map(({ hashAlgo, investigation, redacted, pid, identity, context, splitAbove, ...parts }) => {
    const entries = parts.modules.map(([moduleUuid, value]) => ({
      ...(value as { baseAddr: bigint; moduleSize: bigint; path: string }),
      moduleUuid,
    }));
    const blocks: PlannedBlock[] = [{ payload: identity }, { payload: { kind: "ModuleListIndex", entries } }];
    if (investigation) blocks.push({ payload: context }, ...parts.tables.flatMap((payload) => (payload ? [{ payload }] : [])));
    for (const [uuid, value] of parts.modules)
      blocks.push({ uuid, payload: { kind: "ModuleEntry", ...value } as WritablePayload });
    for (const [uuid, runs, at, compression, hinted] of parts.regions) {
      const input = regionOf(runs, BigInt(at) << 20n);
      const captured = input.pages.tally().captured;
      const split = 32 + 8 + captured * PAGE > splitAbove;
      blocks.push({ uuid, payload: { kind: "MemoryRegion", ...input }, compression });
      if (!hinted || split || captured === 0) continue;
      const hint = { ...parts.hint, kind: "KeyHint", regionUuid: uuid, regionOffset: BigInt(captured * PAGE) >> 1n, keyLen: 0 };
      blocks.push({ payload: hint as unknown as WritablePayload, keepNote: true });
    }
    if (parts.related) blocks.push({ payload: parts.related });
    return { header: { hashAlgo, investigation, redacted, pid }, blocks, splitAbove };
  });

function regionOf(runs: Parameters<typeof pagesOf>[0], baseAddr: bigint) {
  const pages = pagesOf(runs);
  return { ...region(pages.tally().captured, baseAddr), regionSize: BigInt(pages.numPages * PAGE), pages };
}

async function write({ header, blocks, splitAbove }: Specimen): Promise<Uint8Array> {
  const sink = new BytesSink();
  const head = { osType: 1, archType: 2, timestampNs: 3n, ...header };
  await writeCapture(sink, { header: head, blocks, splitAbove, uuid: uuidSource(), timestamp: () => 5n });
  return sink.bytes();
}

/** Reads a capture and writes it again, with the UUIDs and times that it has. */
async function rewritten(bytes: Uint8Array): Promise<Uint8Array> {
  const reader = new MslSliceReader(bytes);
  const { header } = reader;
  const sink = new BytesSink();
  const blocks = [...reader].slice(0, -1);
  const end = reader.at(reader.length - 1);
  const contents = [...new Set(blocks.map(({ typeName }) => typeName as Content))];
  const writer = new MslWriter(sink, { header, contents, blockCount: header.blockCount });
  for (const block of blocks) await copy(block, writer);
  const { payload } = end.decode();
  if (payload?.kind !== "EndOfCapture") throw new Error("no End-of-Capture");
  await writer.end({ acqEndNs: payload.acqEndNs, uuid: end.uuid });
  return sink.bytes();
}

async function copy(block: SliceBlock, writer: MslWriter): Promise<void> {
  const { payload } = block.decode();
  const { uuid, parentUuid, flags } = block;
  const has = (flag: number) => (flags & flag) !== 0;
  const compression = block.compression === "reserved" ? "none" : block.compression;
  await writer.write(payload as WritablePayload, {
    uuid,
    ...(has(BlockFlag.Continuation) ? { continuationOf: parentUuid } : { parentUuid }),
    hasChildren: has(BlockFlag.HasChildren),
    hasKeyHints: has(BlockFlag.HasKeyHints),
    keepNote: true,
    compression,
  });
}

describe("random captures", () => {
  it("are read as they were written", async () => {
    await fc.assert(
      fc.asyncProperty(specimen, async (given) => {
        const bytes = await write(given);
        await requireConforming(bytes);
        const reader = new MslSliceReader(bytes);
        expect(reader.header).toMatchObject({ ...given.header, blockCount: reader.length });
        const read = [...reader].slice(0, -1).map((block) => block.decode().payload as Payload);
        const wanted = given.blocks.map(({ payload }) => payload);
        for (const payload of wanted) {
          if (payload.kind === "MemoryRegion") {
            expectRegion(read, payload);
            continue;
          }
          const found = read.shift();
          expect(found).toMatchObject(expectedOf(payload));
        }
        expect(read).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("are written again byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(specimen, async (given) => {
        const bytes = await write(given);
        expect(Buffer.compare(await rewritten(bytes), bytes)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

/** TableBitmap follows from the tables; modules are compared by their entries. */
function expectedOf(payload: Exclude<WritablePayload, { kind: "MemoryRegion" }>): object {
  if (payload.kind === "ModuleListIndex") {
    const entries = payload.entries.map(({ moduleUuid, baseAddr, path }) => ({ moduleUuid, baseAddr, path }));
    return { kind: payload.kind, entryCount: entries.length, entries };
  }
  if (payload.kind !== "SystemContext") return payload;
  const { tableBitmap: _, ...fields } = { tableBitmap: 0, ...payload };
  return fields;
}

/** Takes the blocks of a region, split or not. */
function expectRegion(read: Payload[], wanted: RegionInput): void {
  const data: Uint8Array[] = [];
  let pages = 0;
  do {
    const payload = read.shift();
    if (payload?.kind !== "MemoryRegion") throw new Error("a region is missing");
    for (const { start, count, state } of payload.pages.runs()) {
      const [run] = wanted.pages?.runs(pages + start, pages + start + count) ?? [];
      expect(run).toEqual({ start: pages + start, count, state });
    }
    data.push(payload.pageData);
    pages += payload.numPages;
  } while (pages < (wanted.pages?.numPages ?? 0));
  expect(Buffer.compare(Buffer.concat(data), wanted.pageData as Uint8Array)).toBe(0);
}
