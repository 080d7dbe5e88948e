/**
 * Captures in the layouts of both programs that write threads, with random values: architectures, numbers, names and widths
 * of registers. The bytes are assembled from the tables of the format, by code that the library does not use.
 */
import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MslReader, MslSliceReader, openCapture } from "../src/index.js";
import { type BlockSpec, captureOf, regionPayload } from "./build-capture.js";
import { concatenated } from "./vectors.js";

interface RegisterSpec {
  readonly name: string;
  readonly flags: number;
  readonly value: Uint8Array;
}

interface ThreadSpec {
  readonly id: bigint;
  readonly flags: number;
  readonly state: number;
  readonly name: string;
  readonly registers: readonly RegisterSpec[];
}

const REGISTER = fc.record({
  name: fc.string({ maxLength: 40, unit: "grapheme-ascii" }),
  flags: fc.integer({ min: 0, max: 0xffff }),
  value: fc.uint8Array({ maxLength: 255 }),
});
const THREAD: fc.Arbitrary<ThreadSpec> = fc.record({
  id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  flags: fc.integer({ min: 0, max: 3 }),
  state: fc.integer({ min: 0, max: 4 }),
  name: fc.string({ maxLength: 300, unit: "grapheme-ascii" }),
  registers: fc.array(REGISTER, { maxLength: 40 }),
});
const ARCHITECTURE = fc.integer({ min: 0, max: 11 });

function padded(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  all.set(bytes);
  return all;
}

/** With its NUL, unless it is empty. */
const text = (value: string) => (value === "" ? new Uint8Array(0) : new TextEncoder().encode(`${value}\0`));

function threadPayload({ id, flags, state, name, registers }: ThreadSpec): Uint8Array {
  const head = new Uint8Array(32);
  const fields = new DataView(head.buffer);
  fields.setBigUint64(0, id, true);
  fields.setUint16(16, flags, true);
  fields.setUint8(18, state);
  fields.setUint32(20, registers.length, true);
  fields.setUint16(24, text(name).length, true);
  const entries = registers.map((register) => {
    const entry = Uint8Array.of(
      text(register.name).length,
      register.value.length,
      register.flags & 0xff,
      register.flags >> 8,
      0,
      0,
      0,
      0,
    );
    return concatenated(entry, padded(text(register.name)), padded(register.value));
  });
  return concatenated(head, padded(text(name)), ...entries);
}

/** A version 1.1 header without ClockSource and BlockCount, and blocks of which the first is linked to it. */
function linked(archType: number, hashAlgo: number, blocks: readonly BlockSpec[]): Uint8Array {
  const bytes = captureOf(blocks);
  bytes.set([archType, 0], 0x32);
  bytes.set([0, 0, 0, 0, 0, hashAlgo], 0x38);
  const header = bytes.subarray(0, 64);
  bytes.set(hashAlgo === 0 ? blake3(header) : createHash("sha256").update(header).digest(), 64 + 48);
  return bytes;
}

/** A path of one byte, as the fork and radare2 write an unknown path. */
const IDENTITY: BlockSpec = { type: 0x40, payload: Uint8Array.from({ length: 32 }, (_, i) => (i === 16 ? 1 : 0)) };

async function threadsOf(bytes: Uint8Array) {
  const slice = [...new MslSliceReader(bytes)].filter(({ type }) => type === 0x11).map((block) => block.decode().payload);
  const capture = await openCapture(bytes);
  const fromCapture = [];
  for (const block of capture.blocks.ofType(0x11)) fromCapture.push((await block.decode()).payload);
  const fromStream = [];
  for await (const block of MslReader.from([bytes.subarray(0, 99), bytes.subarray(99)]))
    if (block.type === 0x11) fromStream.push((await block.decode()).payload);
  expect(fromCapture).toEqual(slice);
  expect(fromStream).toEqual(slice);
  return { dialect: capture.dialect.id, threads: slice };
}

const expected = ({ id, flags, state, name, registers }: ThreadSpec) => ({
  kind: "ThreadContext",
  threadId: id,
  flags,
  threadState: state,
  name,
  registers: registers.map((register) => ({ ...register, width: register.value.length })),
});

describe("threads of any shape", () => {
  it("all readers read threads of any shape that reverseame/memslicer writes", async () => {
    await fc.assert(
      fc.asyncProperty(ARCHITECTURE, fc.array(THREAD, { minLength: 1, maxLength: 6 }), async (archType, threads) => {
        const region = { type: 1, payload: regionPayload({ base: 0x1000n, states: [0, 1], fill: 7 }) };
        const blocks = threads.map((thread) => ({ type: 0x11, payload: threadPayload(thread) }));
        const found = await threadsOf(linked(archType, 0, [IDENTITY, ...blocks, region]));
        expect(found.dialect).toBe("reverseame");
        expect(found.threads).toMatchObject(threads.map(expected));
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it("all readers read threads of any shape that radare2 writes", async () => {
    await fc.assert(
      fc.asyncProperty(ARCHITECTURE, THREAD, async (archType, thread) => {
        const payload = new Uint8Array(40 + 4096);
        const fields = new DataView(payload.buffer);
        fields.setBigUint64(0, 0x1000n, true);
        fields.setBigUint64(8, 4096n, true);
        payload.set([5, 0, 12], 16);
        const header = captureOf([]);
        payload.set(header.subarray(0x28, 0x30), 24);
        const blocks = [IDENTITY, { type: 0x11, payload: threadPayload(thread) }, { type: 1, payload }];
        const found = await threadsOf(linked(archType, 1, blocks));
        expect(found.dialect).toBe("radare2-dgm");
        expect(found.threads).toMatchObject([expected(thread)]);
      }),
      { numRuns: 50, seed: 4 },
    );
  });
});
