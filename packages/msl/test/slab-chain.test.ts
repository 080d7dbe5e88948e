/** Hashing in slabs against the hash chain of one pass, without workers: one thread takes every slab in turn. */
import { Blake3HashChain, type ChainResult, SlabChain } from "@memslice/core-wasm";
import { hashSlabs } from "@memslice/core-wasm/slab-thread";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChainedBlock, chainedCapture, noise } from "./chained-blocks.js";
import { concatenated, vectorV1 } from "./vectors.js";

const header = vectorV1(0).slice(0, 64);
const otherHeader = header.map((byte, i) => (i === 0x39 ? byte ^ 0xff : byte));

function inSlabs(bytes: Uint8Array, slabBytes: number) {
  const chain = new SlabChain({ size: bytes.length, threads: 1, slabBytes, fed: false });
  chain.begin(bytes.subarray(0, 64), otherHeader);
  hashSlabs(chain.job, 0, {
    read: (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
    onBreaks: (order, records) => chain.addBreaks(order, records),
  });
  expect(chain.bytesDone).toBe(bytes.length);
  return chain.finish();
}

function inOnePass(bytes: Uint8Array, start = bytes.subarray(0, 64)): ChainResult {
  const chain = new Blake3HashChain(start);
  chain.update(bytes.subarray(64));
  const result = chain.finish();
  chain.release();
  return result;
}

/** A result with its breaks as an array. */
function plain({ breaks, ...rest }: ChainResult) {
  return { ...rest, breaks: [...breaks] };
}

function expectSame(bytes: Uint8Array, slabBytes: number, note = ""): void {
  const { chain, variantFileHash } = inSlabs(bytes, slabBytes);
  expect(plain(chain), note).toEqual(plain(inOnePass(bytes)));
  expect(variantFileHash, note).toEqual(inOnePass(bytes, otherHeader).eoc?.computed ?? null);
}

const end: ChainedBlock = { type: 0x0fff, payload: new Uint8Array(48) };

describe("SlabChain", () => {
  it("SlabChain has the result of one pass wherever block headers lie between slabs", () => {
    for (let length = 0; length < 2300; length++) {
      const blocks = [
        { type: 1, payload: noise(length) },
        { type: 2, payload: noise(20), wrongLink: length % 3 === 0 },
        { type: 1, payload: noise(2900) },
        end,
      ];
      expectSame(chainedCapture(header, blocks), 1024, `payload of ${length} bytes`);
    }
  });

  it("SlabChain has the result of one pass wherever End-of-Capture, the blocks behind it and the end of the data lie", () => {
    const whole = chainedCapture(header, [
      { type: 1, payload: noise(3000) },
      end,
      { type: 3, payload: noise(700), wrongLink: true },
      end,
      { type: 4, payload: noise(5) },
    ]);
    for (let length = 64; length <= whole.length; length += (length + 200) % 1024 < 400 ? 1 : 9) {
      expectSame(whole.subarray(0, length), 1024, `${length} bytes`);
    }
    for (let lead = 0; lead < 1100; lead++) {
      const moved = chainedCapture(header, [{ type: 1, payload: noise(lead) }, end, { type: 3, payload: noise(90) }]);
      expectSame(moved, 1024, `End-of-Capture at ${144 + lead}`);
    }
  });

  it("SlabChain has the result of one pass wherever bytes that are not a block end the chain", () => {
    const short = new Uint8Array(200);
    short.set([0x4d, 0x53, 0x4c, 0x43, 1, 0, 0, 0, 79]);
    for (const rubbish of [noise(5000, 3), short, new Uint8Array(80)]) {
      for (let lead = 850; lead < 1100; lead++) {
        const blocks = [
          { type: 1, payload: noise(1200) },
          { type: 1, payload: noise(lead), wrongLink: true },
        ];
        expectSame(concatenated(chainedCapture(header, blocks), rubbish), 1024, `${lead} bytes before`);
      }
    }
  });

  it("SlabChain has the result of one pass for random blocks and slab sizes", () => {
    const payload = fc
      .oneof(fc.nat(300), fc.integer({ min: 900, max: 1100 }), fc.nat(20_000))
      .map((length) => noise(length, length + 1));
    const type = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 0x60 }) },
      { weight: 1, arbitrary: fc.constant(0x0fff) },
    );
    const block = fc.record({ type, payload, wrongLink: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 60 }),
        fc.integer({ min: 10, max: 16 }),
        fc.nat(300),
        fc.nat(),
        (blocks, slabLog2, rubbish, cut) => {
          const whole = concatenated(chainedCapture(header, blocks), noise(rubbish, 9));
          const length = cut % 3 === 0 ? 64 + (cut % (whole.length - 63)) : whole.length;
          expectSame(whole.subarray(0, length), 2 ** slabLog2);
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });

  it("SlabChain lists every link of a slab in which all links are broken", () => {
    const blocks = Array.from({ length: 3000 }, (_, i) => ({ type: 1, payload: noise(i % 9), wrongLink: true }));
    expectSame(chainedCapture(header, blocks), 128 * 1024);
    expect(inSlabs(chainedCapture(header, blocks), 128 * 1024).chain.breaks.length).toBe(3000);
  });

  it("SlabChain has the result of one pass for a block that states a wrong BlockLength", () => {
    const claims = chainedCapture(header, [
      { type: 1, payload: noise(500) },
      { type: 1, payload: noise(9000) },
    ]);
    for (const length of [0xffffffff, 0xfffffc00, 9081, 9079, 80, 0]) {
      const bytes = claims.slice();
      new DataView(bytes.buffer).setUint32(64 + 580 + 8, length, true);
      expectSame(bytes, 1024, `BlockLength ${length}`);
    }
  });

  it("SlabChain refuses slab sizes other than powers of two from 1 KiB to 32 MiB, and an end before all slabs are done", () => {
    const options = { size: 5000, threads: 1, fed: false };
    for (const slabBytes of [0, 512, 1025, 2 ** 26]) expect(() => new SlabChain({ ...options, slabBytes })).toThrow(RangeError);
    expect(() => new SlabChain({ ...options, slabBytes: 1024 }).finish()).toThrow(/0 of 5 slabs/);
  });
});
