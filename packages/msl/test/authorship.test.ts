/**
 * Payloads whose meaning other blocks decide: an empty 0x0055, a System Context that fits no layout, handle types. The deciding block may stand in
 * front of the block or behind it. A stream reader marks a result as provisional if a later block can change it; all other results are equal.
 */
import { describe, expect, it } from "vitest";
import { MslReader, MslSliceReader, MslWriter, openCapture } from "../src/index.js";
import { type BlockSpec, captureOf } from "./build-capture.js";
import { concatenated } from "./vectors.js";
import { KEY } from "./write-encrypted.js";

const hex = (text: string) => Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const EMPTY: BlockSpec = { type: 0x55, payload: new Uint8Array(8) };
const END: BlockSpec = { type: 0xfff, payload: new Uint8Array(48) };
/** A payload that memslicer 0.2.7 wrote, with TargetCount in one byte. */
const CONTEXT_B = hex(`8877665544332211 01 df020000 0200 0500 0000 0300 0200 000000000000000000
  7500000000000000 686f737400000000 6f64000000000000 4300000000000000`);
/** The specification's layout: TargetCount 1, user `u`, host `h`. */
const contextA = (tableBitmap: number) =>
  hex(`0000000000000000 01000000 ${tableBitmap.toString(16).padStart(2, "0")}000000 0200 0200 0000 0000 0000 000000000000
    7500000000000000 6800000000000000`);

interface Answer {
  readonly kind: string | undefined;
  readonly provisional: boolean;
}

/** The kind of payload that each reader returns for the block at `position`. */
async function answers(bytes: Uint8Array, position: number): Promise<{ slice: Answer; capture: Answer; stream: Answer }> {
  const slice = new MslSliceReader(bytes).at(position).decode();
  const capture = await openCapture(bytes);
  const fromCapture = await capture.blocks.at(position).decode();
  await capture.close();
  const answer = ({ payload, provisional }: typeof slice): Answer => ({
    kind: payload?.kind,
    provisional: provisional !== undefined,
  });
  return { slice: answer(slice), capture: answer(fromCapture), stream: answer(await fromStream(bytes, position)) };
}

async function fromStream(bytes: Uint8Array, position: number, decodeOthers = false) {
  for await (const block of MslReader.from([bytes.subarray(0, 100), bytes.subarray(100)])) {
    if (block.index === position) return block.decode();
    if (decodeOthers) await block.decode();
  }
  throw new Error(`There is no block ${position}`);
}

const settled = (kind: string) => ({ kind, provisional: false });

describe("an empty 0x0055", () => {
  const MARKS: readonly [string, BlockSpec][] = [
    ["a Connectivity Table under 0x0054", { type: 0x54, payload: new Uint8Array(8) }],
    ["a PersistenceManifest", { type: 0x56, payload: new Uint8Array(8) }],
    ["a KernelModuleList", { type: 0x57, payload: new Uint8Array(8) }],
    ["a TargetIntrospection", { type: 0x58, payload: new Uint8Array(8) }],
    ["a PhysicalMemoryMap", { type: 0x59, payload: new Uint8Array(8) }],
    ["a System Context in memslicer's layout", { type: 0x50, payload: CONTEXT_B }],
    ["a System Context that announces a KernelSymbolBundle", { type: 0x50, payload: contextA(0x10) }],
  ];

  it.each(MARKS)("all readers take an empty 0x0055 behind %s for a KernelSymbolBundle", async (_, mark) => {
    const bundle = settled("KernelSymbolBundle");
    expect(await answers(captureOf([mark, EMPTY, END]), 1)).toEqual({ slice: bundle, capture: bundle, stream: bundle });
  });

  it.each(MARKS)(
    "an empty 0x0055 in front of %s is a KernelSymbolBundle, and provisional to a stream reader",
    async (_, mark) => {
      const bundle = settled("KernelSymbolBundle");
      expect(await answers(captureOf([EMPTY, mark, END]), 0)).toEqual({
        slice: bundle,
        capture: bundle,
        stream: { kind: "ConnectivityTable", provisional: true },
      });
    },
  );

  it.each<[string, BlockSpec[]]>([
    ["nothing", [END]],
    ["the manifest of the enrichment tool", [{ type: 0x5a, payload: new Uint8Array(8) }, END]],
    ["a System Context with other tables announced", [{ type: 0x50, payload: contextA(0xf) }, END]],
    ["what stands behind End-of-Capture", [END, { type: 0x57, payload: new Uint8Array(8) }]],
    ["a compressed System Context", [{ type: 0x50, flags: 3, payload: CONTEXT_B }, END]],
  ])("an empty 0x0055 with %s stays a Connectivity Table", async (_, others) => {
    const { slice, capture, stream } = await answers(captureOf([EMPTY, ...others]), 0);
    expect([slice, capture]).toEqual([settled("ConnectivityTable"), settled("ConnectivityTable")]);
    expect(stream.kind).toBe("ConnectivityTable");
  });

  it("an empty 0x0055 of MemDiver is a Connectivity Table", async () => {
    const bytes = captureOf([{ type: 0x40, payload: new Uint8Array(24) }, EMPTY, END]);
    expect(new MslSliceReader(bytes).dialect.id).toBe("memdiver-fixture");
    const { slice, capture } = await answers(bytes, 1);
    expect([slice, capture]).toEqual([settled("ConnectivityTable"), settled("ConnectivityTable")]);
  });

  it("an empty 0x0055 is the same whether a stream reader decodes the blocks before it or skips them", async () => {
    const bytes = captureOf([{ type: 0x50, payload: CONTEXT_B }, EMPTY, END]);
    expect(await fromStream(bytes, 1, true)).toEqual(await fromStream(bytes, 1, false));
  });

  it("an empty 0x0055 is never provisional in the stream of an encrypted capture", async () => {
    const bytes = await encrypted([0x55, 0x57]);
    for await (const block of MslReader.from([bytes], { keys: { key: KEY } })) {
      if (block.type !== 0x55) continue;
      const { payload, provisional } = await block.decode();
      expect([payload?.kind, provisional]).toEqual(["KernelSymbolBundle", undefined]);
    }
  });
});

/** Empty blocks of these types behind the required first blocks of an investigation. */
async function encrypted(types: readonly number[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const sink = { write: async (bytes: Uint8Array) => void parts.push(bytes.slice()), close: async () => {} };
  const header = { osType: 1, archType: 1, pid: 1, investigation: true };
  const writer = new MslWriter(sink, { header, contents: types, nonConforming: true, encryption: { key: KEY } });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n, exePath: "", cmdLine: "" });
  await writer.moduleListIndex({ entries: [] });
  const context = { bootTimeNs: 0n, targetCount: 1, acqUser: "u", hostname: "h", domain: "", osDetail: "", caseRef: "" };
  const { uuid } = await writer.systemContext(context, { hasChildren: true });
  for (const type of types) await writer.writeRaw({ type, payload: new Uint8Array(8), parentUuid: uuid });
  await writer.end();
  return concatenated(...parts);
}

describe("a System Context that fits no layout", () => {
  /** The user's NUL is missing. */
  const DAMAGED = CONTEXT_B.slice();
  DAMAGED[0x21] = 0x75;
  const damaged: BlockSpec = { type: 0x50, payload: DAMAGED };
  const mark: BlockSpec = { type: 0x57, payload: new Uint8Array(8) };
  const user = async (bytes: Uint8Array, position: number) => {
    const slice = new MslSliceReader(bytes).at(position).decode();
    const stream = await fromStream(bytes, position);
    return [slice, stream].map(({ payload, partial, provisional }) => [
      (payload ?? partial) as { targetCount?: number },
      provisional !== undefined,
    ]);
  };

  it("a damaged System Context has memslicer's layout behind a mark, to all readers", async () => {
    const read = [expect.objectContaining({ targetCount: 1, tableBitmap: 0x2df }), false];
    expect(await user(captureOf([mark, damaged, END]), 1)).toEqual([read, read]);
  });

  it("a damaged System Context has memslicer's layout in front of a mark, too, and is provisional to a stream reader", async () => {
    expect(await user(captureOf([damaged, mark, END]), 0)).toEqual([
      [expect.objectContaining({ targetCount: 1 }), false],
      [expect.objectContaining({ targetCount: 0x02df01 }), true],
    ]);
  });
});

describe("handle types", () => {
  /** One handle of type 5, which is a device to the specification and a mutex to MemDiver. */
  const HANDLES: BlockSpec = { type: 0x53, payload: hex("01000000 00000000 01000000 02000000 05 00 0000 00000000") };
  const identity: BlockSpec = { type: 0x40, payload: new Uint8Array(24) };
  const names = async (bytes: Uint8Array, position: number) => {
    const results = [new MslSliceReader(bytes).at(position).decode(), await fromStream(bytes, position)];
    return results.map(({ payload, provisional }) => [
      payload?.kind === "HandleTable" ? payload.entries[0]?.handleTypeName : undefined,
      provisional !== undefined,
    ]);
  };

  it("handle types have MemDiver's names in its captures, from the second block on", async () => {
    expect(await names(captureOf([identity, HANDLES, END]), 1)).toEqual([
      ["mutex", false],
      ["mutex", false],
    ]);
  });

  it("a Handle Table as the first block is provisional to a stream reader: the second block decides the names", async () => {
    expect(await names(captureOf([HANDLES, identity, END]), 0)).toEqual([
      ["mutex", false],
      ["device", true],
    ]);
  });

  it("handle types have the specification's names where the second block is not linked to the first", async () => {
    const bytes = captureOf([identity, HANDLES, END]);
    bytes[64 + 104 + 48] = 1; // PrevHash of block 1.
    expect(await names(bytes, 1)).toEqual([
      ["device", false],
      ["device", false],
    ]);
  });
});
