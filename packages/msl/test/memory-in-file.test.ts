/** `AddressSpace.inFile`: where captured bytes lie in a file that threads can read. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BytesSink, MslWriter, openCapture, pagesOf } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "msl-in-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PAGE = 4096;
const BASE = 0x10000n;
const data = Uint8Array.from({ length: 4 * PAGE }, (_, i) => (i * 7919) >>> 3);

/** Two regions that touch: pages 0 to 3, of which page 2 failed; and page 4. */
async function captureFile(
  name: string,
  options: { readonly compression?: "zstd" } | { readonly encryption?: { readonly key: Uint8Array } } = {},
): Promise<string> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"], ...options });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  const region = { protection: 3, regionType: 5, pageSizeLog2: 12, timestampNs: 0n } as const;
  await writer.memoryRegion({
    ...region,
    baseAddr: BASE,
    regionSize: BigInt(4 * PAGE),
    pages: pagesOf([
      { count: 2, state: "captured" },
      { count: 1, state: "failed" },
      { count: 1, state: "captured" },
    ]),
    pageData: data.subarray(0, 3 * PAGE),
  });
  await writer.memoryRegion({
    ...region,
    baseAddr: BASE + BigInt(4 * PAGE),
    regionSize: BigInt(PAGE),
    pageData: data.subarray(3 * PAGE),
  });
  await writer.end();
  const path = join(folder, name);
  writeFileSync(path, sink.bytes());
  return path;
}

describe("inFile", () => {
  it("gives the place of captured bytes of a plain capture, at which the file has them", async () => {
    const path = await captureFile("plain.msl");
    const capture = await openCapture(path);
    const file = readFileSync(path);
    for (const [start, length, from] of [
      [0, 2 * PAGE, 0],
      [100, PAGE, 100],
      [3 * PAGE, PAGE, 2 * PAGE],
      [3 * PAGE + 5, 1, 2 * PAGE + 5],
      [4 * PAGE, PAGE, 3 * PAGE],
    ] as const) {
      const extent = await capture.memory.inFile(BASE + BigInt(start), length);
      expect(extent && file.subarray(extent.offset, extent.offset + length)).toEqual(
        Buffer.from(data.subarray(from, from + length)),
      );
    }
    await capture.close();
  });

  it("gives none where a byte was not captured, where two blocks hold the bytes, and outside of regions", async () => {
    const capture = await openCapture(await captureFile("holes.msl"));
    for (const [start, length] of [
      [PAGE, PAGE + 1],
      [2 * PAGE, 1],
      [2 * PAGE - 1, PAGE + 2],
      [3 * PAGE, 2 * PAGE],
      [-1, 2],
      [4 * PAGE, PAGE + 1],
      [9 * PAGE, 1],
    ] as const) {
      expect(await capture.memory.inFile(BASE + BigInt(start), length)).toBeUndefined();
    }
    await capture.close();
  });

  it("gives none for compressed and encrypted captures, and for captures in memory", async () => {
    const key = new Uint8Array(32).fill(7);
    const compressed = await openCapture(await captureFile("compressed.msl", { compression: "zstd" }));
    const encrypted = await openCapture(await captureFile("encrypted.msl", { encryption: { key } }), { keys: { key } });
    const inMemory = await openCapture(readFileSync(await captureFile("bytes.msl")));
    for (const capture of [compressed, encrypted, inMemory]) {
      expect(await capture.memory.inFile(BASE, PAGE)).toBeUndefined();
      expect((await capture.memory.read(BASE, PAGE)).segments[0]?.bytes?.length).toBe(PAGE);
      await capture.close();
    }
  });

  it("refuses addresses outside of the address space with usage, and keeps a file open that is lent", async () => {
    const capture = await openCapture(await captureFile("lent.msl"));
    await expect(capture.memory.inFile(-1n, 1)).rejects.toMatchObject({ code: "usage" });
    const lent = (await capture.memory.inFile(BASE, 1))?.file.lend();
    let isClosed = false;
    const closing = capture.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isClosed).toBe(false);
    lent?.giveBack();
    await closing;
  });
});
