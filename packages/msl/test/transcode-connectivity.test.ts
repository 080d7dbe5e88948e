/** `transcode` of an empty block of type 0x0055: two kinds of block have this code, and only other blocks of the capture tell which kind it is. */
import { describe, expect, it } from "vitest";
import { BlockType } from "../src/index.js";
import { captureOf } from "./build-capture.js";
import { opened, transcoded } from "./transcode-support.js";

const hex = (text: string) => Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const IDENTITY = { type: 0x40, payload: new Uint8Array(24) };
const EMPTY = { type: 0x55, payload: new Uint8Array(8) };
const MODULES = { type: 0x57, payload: new Uint8Array(8) };
const END = { type: 0xfff, payload: new Uint8Array(48) };
/** TargetCount 1, user `u`, host `h`; as the specification has it, and as memslicer 0.2.7. */
const CONTEXT_A = {
  type: 0x50,
  payload: hex("0000000000000000 01000000 00000000 0200 0200 0000 0000 0000 000000000000 7500000000000000 6800000000000000"),
};
const CONTEXT_B = {
  type: 0x50,
  payload: hex("0000000000000000 01 00000000 0200 0200 0000 0000 0000 000000000000000000 7500000000000000 6800000000000000"),
};

const kinds = (bytes: Uint8Array) =>
  opened(bytes, async ({ blocks }) =>
    Promise.all([...blocks.ofType(BlockType.ConnectivityTable)].map(async (block) => (await block.decode()).payload?.kind)),
  );

describe("an empty 0x0055", () => {
  it("transcode writes an empty 0x0055 of MemDiver as an empty Connectivity Table, which TableBitmap does not announce", async () => {
    const { bytes, report } = await transcoded(captureOf([IDENTITY, CONTEXT_A, EMPTY, END]));
    expect(report.source.dialect).toBe("memdiver-fixture");
    expect(report.leftOut).toEqual([]);
    expect(await kinds(bytes)).toEqual(["ConnectivityTable"]);
    await opened(bytes, async ({ blocks }) => {
      const [context] = blocks.ofType(BlockType.SystemContext);
      expect((await context?.decode())?.payload).toMatchObject({ tableBitmap: 0 });
    });
  });

  it("keepNonConforming copies an empty 0x0055 of memslicer as a KernelSymbolBundle if other blocks show that memslicer wrote it", async () => {
    const source = captureOf([IDENTITY, CONTEXT_B, EMPTY, MODULES, END]);
    const { bytes } = await transcoded(source, { keepNonConforming: true });
    expect(await kinds(source)).toEqual(["KernelSymbolBundle"]);
    expect(await kinds(bytes)).toEqual(["KernelSymbolBundle"]);
  });

  it("transcode leaves out an empty 0x0055 of memslicer if the output would show it as an empty Connectivity Table", async () => {
    const { bytes, report } = await transcoded(captureOf([IDENTITY, CONTEXT_B, EMPTY, END]), { keepNonConforming: true });
    expect(await kinds(bytes)).toEqual([]);
    expect(report.leftOut.map(({ message }) => message)).toEqual([
      expect.stringContaining("nothing in the output would tell the empty bundle from an empty Connectivity Table"),
    ]);
  });
});
