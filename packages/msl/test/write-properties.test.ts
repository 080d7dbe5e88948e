/** Random captures that are written, read and written again. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BlockFlag,
  BytesSink,
  type Content,
  MslSliceReader,
  MslWriter,
  type Payload,
  type RegionInput,
  type SliceBlock,
  type WritablePayload,
} from "../src/index.js";
import { specimen, write } from "./write-specimen.js";
import { requireConforming } from "./write-support.js";

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
  if (!payload) throw new Error(`${block.typeName} cannot be decoded`);
  const { uuid, parentUuid, flags } = block;
  const has = (flag: number) => (flags & flag) !== 0;
  const compression = block.compression === "reserved" ? "none" : block.compression;
  await writer.write(payload, {
    uuid,
    ...(has(BlockFlag.Continuation) ? { continuationOf: parentUuid } : { parentUuid }),
    hasChildren: has(BlockFlag.HasChildren),
    hasKeyHints: has(BlockFlag.HasKeyHints),
    keepNote: true,
    compression,
  });
}

describe("random captures", () => {
  it("random captures read back as they were written", async () => {
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
      { numRuns: 60, seed: 1 },
    );
  });

  it("random captures written again from the payloads that a reader returns are the same byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(specimen, async (given) => {
        const bytes = await write(given);
        expect(Buffer.compare(await rewritten(bytes), bytes)).toBe(0);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});

/** The payload that a reader is expected to return, without TableBitmap, which follows from the tables. */
function expectedOf(payload: Exclude<WritablePayload, { kind: "MemoryRegion" }>): object {
  if (payload.kind === "ModuleListIndex") {
    const entries = payload.entries.map(({ moduleUuid, baseAddr, path }) => ({ moduleUuid, baseAddr, path }));
    return { kind: payload.kind, entryCount: entries.length, entries };
  }
  if (payload.kind !== "SystemContext") return payload;
  const { tableBitmap: _, ...fields } = { tableBitmap: 0, ...payload };
  return fields;
}

/** Removes the blocks of a region, split or not, from the list, and compares their states and data with the region. */
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
