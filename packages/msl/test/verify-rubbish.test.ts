/** A header with bytes behind it that are no block: nothing names the header, so there is no anchor to speak of. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openCapture, verifyCapture, verifyStream } from "../src/index.js";
import { captureOf } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const folder = mkdtempSync(join(tmpdir(), "msl-rubbish-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a capture of a header alone has: no block, no link, no End-of-Capture. */
const FOUND = {
  verdict: "chain-ok+no-eoc",
  outcome: "incomplete",
  blocks: 0,
  anchor: null,

  eocIndex: null,
  firstBadBlock: null,
};

/** 79, 80 and 81: a block header less a byte, as long as one, and longer. PrevHash would be zero in the second kind. */
const RUBBISH = [1, 79, 80, 81, 4096].flatMap((length) => [
  [`${length} bytes of rubbish`, new Uint8Array(length).fill(0xaa)] as const,
  [`${length} zero bytes`, new Uint8Array(length)] as const,
]);

describe("a header and no block", () => {
  it.each(RUBBISH)("with %s behind it has no anchor, whoever verifies it", async (name, rubbish) => {
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
