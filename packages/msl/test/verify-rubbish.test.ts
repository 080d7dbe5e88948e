/** A file header with bytes behind it that are no block: no PrevHash names the header, so that the report has no anchor. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openCapture, verifyCapture, verifyStream } from "../src/index.js";
import { captureOf } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const folder = mkdtempSync(join(tmpdir(), "msl-rubbish-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The findings for a file header alone: no block, no link, no End-of-Capture. */
const FOUND = {
  verdict: "chain-ok+no-eoc",
  outcome: "incomplete",
  blocks: 0,
  anchor: null,

  eocIndex: null,
  firstBadBlock: null,
};

/** Bytes with lengths below, at and above the size of a block header. Zero bytes have zeros in place of PrevHash. */
const RUBBISH = [1, 79, 80, 81, 4096].flatMap((length) => [
  [`${length} bytes of rubbish`, new Uint8Array(length).fill(0xaa)] as const,
  [`${length} zero bytes`, new Uint8Array(length)] as const,
]);

describe("a header and no block", () => {
  it.each(RUBBISH)("a header with %s behind it, and no block, has no anchor in any report", async (name, rubbish) => {
    const bytes = concatenated(captureOf([]), rubbish);
    const expected = { ...FOUND, trailingBytes: rubbish.length };
    const path = join(folder, `${name}.msl`);
    writeFileSync(path, bytes);
    const capture = await openCapture(bytes);
    expect(await capture.verify()).toMatchObject(expected);
    await capture.close();
    expect(await verifyStream([bytes.subarray(0, 70), bytes.subarray(70)])).toMatchObject(expected);
    expect(await verifyCapture(path)).toMatchObject(expected);
    expect(await verifyCapture(path, { threads: 2 })).toMatchObject(expected);
  });
});
