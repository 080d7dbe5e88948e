/** The hash chain of one thread against an independent BLAKE3, above all where the table of 64 broken links is full. */
import { blake3 } from "@noble/hashes/blake3.js";
import { expect, it } from "vitest";
import { Blake3HashChain } from "../src/index.js";

const HEADER = Uint8Array.from({ length: 64 }, (_, i) => i);
const END_OF_CAPTURE = 0x0fff;
const PREV_HASH = 48;

interface Chained {
  readonly bytes: Uint8Array;
  readonly breaks: readonly object[];
  readonly fileHash: Uint8Array;
}

/** A block of `payloadBytes` for each entry of `holds`, which says whether its link holds, and an End-of-Capture behind them. */
function chained(holds: readonly boolean[], payloadBytes: number): Chained {
  const parts: Uint8Array[] = [HEADER];
  const breaks: object[] = [];
  let offset = 0;
  for (const [index, isSound] of [...holds, true].entries()) {
    const previous = parts.at(-1) ?? HEADER;
    const computed = blake3(previous);
    const block = new Uint8Array(80 + (index === holds.length ? 48 : payloadBytes)).fill(index);
    const view = new DataView(block.buffer);
    block.set([0x4d, 0x53, 0x4c, 0x43]);
    view.setUint16(4, index === holds.length ? END_OF_CAPTURE : 1, true);
    view.setUint32(8, block.length, true);
    const stored = isSound ? computed : computed.map((byte) => byte ^ 0x55);
    block.set(stored, PREV_HASH);
    if (!isSound) breaks.push({ index, offset: offset + previous.length, previousOffset: offset, computed, stored });
    offset += previous.length;
    parts.push(block);
  }
  return { bytes: Buffer.concat(parts.slice(1)), breaks, fileHash: blake3(Buffer.concat(parts.slice(0, -1))) };
}

function expectFound({ bytes, breaks, fileHash }: Chained): void {
  const chain = new Blake3HashChain(HEADER);
  chain.update(new Uint8Array(bytes));
  const result = chain.finish();
  chain.release();
  expect([...result.breaks]).toEqual(breaks);
  expect(result.eoc?.computed).toEqual(fileHash);
}

it.each([1, 2, 32, 62, 63, 64])(
  "the hash chain finds every broken link where a batch begins with %i entries in the table of broken links",
  (broken) => {
    // The first batch of 64 blocks leaves `broken` entries in the table. All links of the next 200 blocks are broken.
    const first = Array.from({ length: 64 }, (_, i) => i >= broken);
    expectFound(chained([...first, ...Array.from({ length: 200 }, () => false), ...Array.from({ length: 100 }, () => true)], 20));
  },
);

it("the hash chain finds every broken link where long blocks make batches end early", () => {
  expectFound(
    chained(
      Array.from({ length: 120 }, (_, i) => i % 40 === 39),
      30_000,
    ),
  );
  expectFound(
    chained(
      Array.from({ length: 120 }, () => false),
      30_000,
    ),
  );
});
