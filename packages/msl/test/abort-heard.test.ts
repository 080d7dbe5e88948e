/** An abort ends an operation on a capture in memory, where no read waits, before its work is done. */
import { describe, expect, it } from "vitest";
import { type Capture, openCapture } from "../src/index.js";
import { type BlockSpec, blockBytes, captureOf } from "./build-capture.js";
import { countingSource } from "./counting-source.js";

/** The most reads after an abort: reads that were begun before the signal fired, and reads of the next block. */
const READS_UNDER_WAY = 64;

function many(count: number, spec: BlockSpec): Uint8Array {
  const header = captureOf([]);
  const block = blockBytes(spec, 1);
  const bytes = new Uint8Array(header.length + count * block.length);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const at = header.length + i * block.length;
    bytes.set(block, at);
    view.setUint32(at + 16, i + 1);
  }
  return bytes;
}

async function drain(deviations: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of deviations);
}

const RAW = { type: 0x777 };
const region = (): BlockSpec => ({
  type: 1,
  payload: Uint8Array.from({ length: 40 }, (_, i) => (i === 9 ? 4 : i === 18 ? 10 : 0)),
});

const OPERATIONS: Record<
  string,
  [count: number, spec: BlockSpec, work: (capture: Capture, signal: AbortSignal) => Promise<unknown>]
> = {
  "modules, of many Module Entries": [
    60_000,
    { type: 2, payload: new Uint8Array(64) },
    (capture, signal) => capture.modules(signal),
  ],
  moduleAt: [60_000, { type: 2, payload: new Uint8Array(64) }, (capture, signal) => capture.moduleAt(1n, signal)],
  "keyHints, of many that dangle": [
    60_000,
    { type: 0x20, payload: new Uint8Array(44) },
    (capture, signal) => capture.keyHints(signal),
  ],
  regions: [60_000, region(), (capture, signal) => capture.regions(signal)],
  "references, of many blocks": [300_000, RAW, (capture, signal) => capture.references(signal)],
  "crossCheck, of references between many blocks": [300_000, RAW, (capture, signal) => drain(capture.crossCheck(signal))],
  "crossCheck, of many System Contexts": [
    60_000,
    { type: 0x50, payload: new Uint8Array(32) },
    (capture, signal) => drain(capture.crossCheck(signal)),
  ],
};

describe("an abort during", () => {
  for (const [name, [count, spec, work]] of Object.entries(OPERATIONS)) {
    it(`an abort ends ${name}, and little is read after it`, async () => {
      const source = countingSource(many(count, spec));
      const capture = await openCapture(source);
      const controller = new AbortController();
      let readsBefore = 0;
      setTimeout(() => {
        readsBefore = source.reads.length;
        controller.abort();
      }, 0);
      await expect(work(capture, controller.signal)).rejects.toMatchObject({ code: "aborted" });
      expect(source.reads.length - readsBefore).toBeLessThan(READS_UNDER_WAY);
    });
  }

  it("an abort ends the opening of a capture of many blocks, and little is read after it", async () => {
    await abortedOpening(many(1_000_000, RAW), {});
  });

  it("an abort ends the search behind damage, and little is read after it", async () => {
    const bytes = many(200_000, RAW);
    for (let block = 1; block < 200_000; block += 2) bytes[64 + 80 * block] = 0x58;
    await abortedOpening(bytes, { salvage: true });
  });
});

async function abortedOpening(bytes: Uint8Array, options: { salvage?: boolean }): Promise<void> {
  const source = countingSource(bytes);
  const controller = new AbortController();
  let readsBefore = 0;
  setTimeout(() => {
    readsBefore = source.reads.length;
    controller.abort();
  }, 0);
  await expect(openCapture(source, { ...options, signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
  expect(source.reads.length - readsBefore).toBeLessThan(READS_UNDER_WAY);
}
