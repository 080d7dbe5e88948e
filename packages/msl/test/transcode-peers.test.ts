/**
 * `transcode` for other programs: its outputs have only what the program can read. MemDiver reads no compressed block and no fragments, memslicer no
 * fragments and no 0x0055 of the specification, libmsl no conforming capture.
 */
import { describe, expect, it } from "vitest";
import { BlockFlag, BlockType, type PeerName } from "../src/index.js";
import { differencesByAddress, untold } from "./addresses.js";
import { captureOf, regionPayload } from "./build-capture.js";
import { fixtureBytes, READABLE } from "./fixtures.js";
import { opened, regionsOf, requireAsReported, transcoded } from "./transcode-support.js";

const PEERS: readonly PeerName[] = ["memslicer", "memdiver"];
const COMPRESSED = 1;

async function blocksOf(bytes: Uint8Array) {
  return opened(bytes, async ({ blocks }) => [...blocks].map(({ type, flags, compression }) => ({ type, flags, compression })), {
    strict: true,
  });
}

describe.each(PEERS)("for %s", (peer) => {
  it.each(READABLE)("transcode of %s for the program makes a conforming capture that the program can read", async (name) => {
    const source = fixtureBytes(name);
    const result = await transcoded(source, { for: peer, conformingOnly: true });
    await requireAsReported(result);
    const { bytes, report } = result;
    expect(report.output.conforming).toBe(true);
    for (const { type, flags } of await blocksOf(bytes)) {
      expect(flags & BlockFlag.Continuation).toBe(0);
      if (peer === "memdiver") expect(flags & COMPRESSED).toBe(0);
      if (peer === "memslicer") expect(type).not.toBe(BlockType.ConnectivityTable);
    }
    expect(untold(await differencesByAddress(source, bytes), report)).toEqual([]);
    expect(report.header.filter(({ id }) => id === "reader").length).toBeGreaterThan(0);
  });

  it("transcode for another program refuses keepNonConforming", async () => {
    await expect(transcoded(fixtureBytes("ms-basic-plain"), { for: peer, keepNonConforming: true })).rejects.toMatchObject({
      code: "usage",
    });
  });
});

describe("for MemDiver", () => {
  it("transcode for MemDiver stores blocks without compression, and refuses the option compression zstd", async () => {
    const source = fixtureBytes("md-zstd");
    const { bytes, report } = await transcoded(source, { for: "memdiver" });
    expect((await blocksOf(bytes)).every(({ compression }) => compression === "none")).toBe(true);
    expect(await opened(bytes, regionsOf)).toEqual(await opened(source, regionsOf));
    expect(report.complete).toBe(true);
    await expect(transcoded(source, { for: "memdiver", compression: "zstd" })).rejects.toThrow(
      /MemDiver reads no payloads compressed/,
    );
  });

  it("transcode for MemDiver makes a region of each fragment, and the report has the addresses at which another region shows", async () => {
    const page = (base: bigint, fill: number, time: bigint) => regionPayload({ base, states: [0], time, fill });
    const source = captureOf([
      { type: 1, flags: BlockFlag.HasChildren, payload: page(0x1000n, 1, 9n) },
      { type: 1, flags: BlockFlag.Continuation, parent: 1, payload: page(0x1400n, 2, 1n) },
      { type: 1, payload: page(0x1400n, 3, 5n) },
    ]);
    const { bytes, report } = await transcoded(source, { for: "memdiver" });
    expect(await opened(bytes, async (capture) => (await capture.regions()).length)).toBe(3);
    expect(report.blocks.flatMap(({ changes }) => changes)).toContainEqual(
      expect.objectContaining({ id: "reader", message: expect.stringContaining("MemDiver reads no regions in several blocks") }),
    );
    expect(report.addresses).toEqual([
      { start: "0x1400", end: "0x1800", before: { state: "captured", block: 1 }, after: { state: "captured", block: 2 } },
    ]);
    expect(untold(await differencesByAddress(source, bytes), report)).toEqual([]);
  });
});

describe("for memslicer", () => {
  it("transcode for memslicer leaves out a Connectivity Table, and the report is not complete", async () => {
    const name = "md-investigation-full";
    const has = await opened(fixtureBytes(name), async ({ blocks }) =>
      [...blocks].some(({ type }) => type === BlockType.ConnectivityTable),
    );
    const { report } = await transcoded(fixtureBytes(name), { for: "memslicer" });
    const left = report.leftOut.filter(({ reason }) => reason === "reader");
    expect(left.map(({ typeName }) => typeName)).toEqual(has ? ["ConnectivityTable"] : []);
    expect(has).toBe(true);
    expect(report.complete).toBe(false);
  });

  it("transcode for memslicer keeps blocks compressed with zstd", async () => {
    const { bytes } = await transcoded(fixtureBytes("ms-zstd-mixed"), { for: "memslicer" });
    expect((await blocksOf(bytes)).some(({ compression }) => compression === "zstd")).toBe(true);
  });

  it.each([
    [{ key: new Uint8Array(32), cipher: "xchacha20-poly1305" }, /no cipher but AES-256-GCM/],
    [{ mechanism: "x25519", recipientPublicKey: new Uint8Array(32) }, /not for a recipient/],
  ] as const)("transcode for memslicer refuses encryption that memslicer cannot open", async (encryption, message) => {
    await expect(transcoded(fixtureBytes("ms-basic-plain"), { for: "memslicer", encryption })).rejects.toThrow(message);
  });
});

it("transcode for libmsl is refused, because libmsl reads no conforming capture", async () => {
  await expect(transcoded(fixtureBytes("lm-basic"), { for: "libmsl" })).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("libmsl reads no conforming capture"),
  });
});
