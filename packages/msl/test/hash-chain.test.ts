import { Blake3HashChain, Core } from "@memslice/core-wasm";
import { blake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Hasher } from "../src/hash/hash-algorithm.js";
import { PortableHashChain } from "../src/verify/chain.js";
import { concatenated, vectorV1 } from "./vectors.js";

/** The readable chain of this library over the BLAKE3 of @noble/hashes. */
function oracle(header: Uint8Array): PortableHashChain {
  const newHasher = (): Hasher => {
    const state = blake3.create({});
    return { update: (bytes) => state.update(bytes), digest: () => state.clone().digest(), release: () => {} };
  };
  return new PortableHashChain(header, newHasher);
}

/** A stream of blocks with a valid chain; `type` 0x0FFF ends the capture. */
function chained(header: Uint8Array, blocks: readonly { type: number; payload: Uint8Array; wrongLink: boolean }[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let previous: Uint8Array = header;
  for (const { type, payload, wrongLink } of blocks) {
    const block = new Uint8Array(80 + payload.length);
    const view = new DataView(block.buffer);
    block.set([0x4d, 0x53, 0x4c, 0x43]);
    view.setUint16(4, type, true);
    view.setUint32(8, block.length, true);
    block.set(blake3(previous), 48);
    if (wrongLink) block[50] = (block[50] ?? 0) ^ 1;
    block.set(payload, 80);
    parts.push(block);
    previous = block;
  }
  return concatenated(...parts);
}

function inSplits(bytes: Uint8Array, splits: readonly number[]): Uint8Array[] {
  const borders = [...new Set(splits.map((split) => split % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...borders].map((start, i) => bytes.slice(start, borders[i] ?? bytes.length));
}

const header = vectorV1(0).slice(0, 64);
const blockArbitrary = fc.record({
  type: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 0x60 }) }, { weight: 1, arbitrary: fc.constant(0x0fff) }),
  payload: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 900, maxLength: 3000 })),
  wrongLink: fc.boolean(),
});

describe("Blake3HashChain", () => {
  it("Blake3HashChain agrees with PortableHashChain for random blocks, pieces and trailing bytes", () => {
    fc.assert(
      fc.property(
        fc.array(blockArbitrary, { maxLength: 90 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(),
        (blocks, splits, rubbish, cut) => {
          const whole = concatenated(chained(header, blocks), rubbish);
          const bytes = whole.subarray(0, whole.length - (cut % 50 === 0 ? cut % (whole.length + 1) : 0));
          const fast = new Blake3HashChain(header);
          const readable = oracle(header);
          for (const piece of inSplits(bytes, splits)) fast.update(piece);
          readable.update(bytes);
          const result = fast.finish();
          fast.release();
          const expected = readable.finish();
          expect({ ...result, breaks: [...result.breaks] }).toEqual({ ...expected, breaks: [...expected.breaks] });
        },
      ),
      { numRuns: 300, seed: 20 },
    );
  });

  it("Blake3HashChain lists each of many broken links", () => {
    const blocks = Array.from({ length: 500 }, (_, i) => ({ type: 1, payload: new Uint8Array(i % 7), wrongLink: i % 3 !== 0 }));
    const chain = new Blake3HashChain(header);
    chain.update(chained(header, blocks));
    expect([...chain.finish().breaks.indexes()]).toEqual(blocks.flatMap(({ wrongLink }, i) => (wrongLink ? [i] : [])));
    chain.release();
  });

  it("Blake3HashChain hashes a header that lies in linear memory, although the memory has to grow", () => {
    const core = new Core();
    // Some of these chains grow the memory.
    const chains = Array.from({ length: 40 }, () => {
      const own = core.memory.view(core.memory.acquire(header.length), header.length);
      own.set(header);
      const chain = new Blake3HashChain(own, core);
      chain.update(chained(header, [{ type: 1, payload: new Uint8Array(9), wrongLink: false }]));
      return chain;
    });
    for (const chain of chains) expect(chain.finish().breaks.length).toBe(0);
  });

  it("Blake3HashChain throws if it is used after its release", () => {
    const chain = new Blake3HashChain(header);
    chain.release();
    expect(() => chain.finish()).toThrow(/released/);
  });
});
