import { describe, expect, it } from "vitest";
import { openCapture } from "../src/index.js";
import { BREATHER, type ByteWork } from "../src/read/salvage/moving-window.js";
import { HeaderCandidate, RunsToEnd } from "../src/read/salvage/runs-to-end.js";
import { blockBytes, captureOf } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const HEADER = 80;
/** The number of slots, each with a header: enough for the table of kept offsets to grow more than once. */
const SLOTS = 6000;

/** Headers one behind the other. Each leads 1 to 40 slots further; one in 61 leads to bytes that are not a header. */
function leading(): { bytes: Uint8Array; next: readonly number[] } {
  const bytes = new Uint8Array(SLOTS * HEADER);
  const view = new DataView(bytes.buffer);
  const next: number[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const at = slot * HEADER;
    const slots = Math.min(1 + ((slot * slot * 31) % 40), SLOTS - slot);
    const length = slots * HEADER + (slot % 61 === 0 ? 8 : 0);
    bytes.set([0x4d, 0x53, 0x4c, 0x43], at);
    view.setUint32(at + 8, length, true);
    next.push(at + length);
  }
  return { bytes, next };
}

/** Whether headers lead from `start` to the end of the data, found by following each header without kept results. */
function leadsToEnd(start: number, { bytes, next }: ReturnType<typeof leading>): boolean {
  let at = start;
  while (at < bytes.length && at % HEADER === 0) at = next[at / HEADER] ?? 0;
  return at === bytes.length;
}

describe("following headers to the end of the data", () => {
  it("following headers with kept results agrees with following each header from its start, and reads no header twice", () => {
    // Block headers begin behind a file header.
    const start = HEADER;
    const data = leading();
    const bytes = concatenated(new Uint8Array(start), data.bytes);
    const read: number[] = [];
    const window = {
      dataEnd: bytes.length,
      *at(offset: number, length: number): ByteWork<Uint8Array> {
        read.push(offset);
        yield BREATHER;
        return bytes.subarray(offset, offset + length);
      },
    };
    const runs = new RunsToEnd(window, false, { blockLimit: 2 * SLOTS });
    const answers = { true: 0, false: 0 };
    for (let at = 0; at < data.bytes.length; at += HEADER) {
      const work = runs.from(new HeaderCandidate(start + at, bytes.subarray(start + at), false));
      let step = work.next();
      while (!step.done) step = work.next(new Uint8Array(0));
      expect(step.value, `offset ${at}`).toBe(leadsToEnd(at, data));
      answers[`${step.value}`]++;
    }
    expect(answers.true).toBeGreaterThan(100);
    expect(answers.false).toBeGreaterThan(100);
    expect(read.length).toBeGreaterThan(1000);
    const headers = read.filter((offset) => offset % HEADER === 0);
    expect(new Set(headers).size).toBe(headers.length);
  });

  it("the number of remembered offsets is bounded by blockLimit if no header leads to the end of the data", async () => {
    const nested = (count: number) =>
      concatenated(
        ...Array.from({ length: count }, (_, i) => concatenated(blockBytes({ type: 0x700 }, i + 1), new Uint8Array(8))),
      );
    const damaged = (count: number) => {
      const bytes = captureOf([{ type: 0x700 }, { type: 0x701, payload: nested(count) }]);
      bytes[64] = 0;
      return bytes;
    };
    const { blocks } = await openCapture(damaged(3), { salvage: true, blockLimit: 8 });
    expect(blocks.length).toBe(1);
    await expect(openCapture(damaged(20), { salvage: true, blockLimit: 8 })).rejects.toMatchObject({ code: "limit" });
  });
});
