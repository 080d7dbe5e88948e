import { blake3 as nobleBlake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blake3, blake3Batch, Core } from "../src/index.js";
import { hex, officialInput } from "./support/blake3-input.js";

const MIB = 1024 * 1024;
const BYTES = officialInput(2 * MIB);

interface Message {
  readonly offset: number;
  readonly length: number;
}

describe("blake3Batch", () => {
  it("blake3Batch hashes tables of no messages and of empty messages", () => {
    expect(batch([])).toEqual([]);
    expect(
      batch([
        { offset: 0, length: 0 },
        { offset: BYTES.length, length: 0 },
      ]),
    ).toEqual(Array(2).fill(hex(nobleBlake3(new Uint8Array()))));
  });

  it.each([1, 2, 3, 4, 5, 7, 8])("blake3Batch hashes %i messages", (count) => {
    const messages = Array.from({ length: count }, (_, i) => ({ offset: 100 * i, length: 100 - i }));
    expect(batch(messages)).toEqual(messages.map(noble));
  });

  it("blake3Batch hashes four messages of equal length side by side, for every length up to 1024 bytes", () => {
    for (let length = 0; length <= 1024; length++) {
      const messages = [0, 1100, 2200, 3300].map((offset) => ({ offset, length }));
      expect(batch(messages), `${length} bytes`).toEqual(messages.map(noble));
    }
  });

  it("blake3Batch hashes messages of every length up to 1024 bytes in one table", () => {
    const messages = Array.from({ length: 1025 }, (_, i) => ({ offset: 3 * i, length: (i * 577) % 1025 }));
    expect(new Set(messages.map((message) => message.length)).size).toBe(1025);
    expect(batch(messages)).toEqual(messages.map(noble));
  });

  it("blake3Batch hashes short and long messages in any order, with gaps and overlaps between them", () => {
    const message = fc
      .record({
        offset: fc.oneof(fc.nat(5000), fc.nat(BYTES.length)),
        length: fc.oneof(fc.nat(300), fc.nat(3000), fc.nat(20_000)),
      })
      .map(({ offset, length }) => ({ offset, length: Math.min(length, BYTES.length - offset) }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        expect(batch(messages)).toEqual(messages.map((one) => hex(blake3(slice(one)))));
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it("blake3Batch hashes messages that are longer than the window between short ones", () => {
    const lengths = [200, 300_000, 10, 262_144, 262_145, 1_000_000, 5];
    const messages = lengths.map((length, i) => ({ offset: 1000 * i, length }));
    expect(batch(messages)).toEqual(messages.map(noble));
  });

  it("blake3Batch hashes more messages than the table and the window hold", () => {
    const messages = Array.from({ length: 10_000 }, (_, i) => ({ offset: 200 * i, length: 200 }));
    expect(batch(messages)).toEqual(messages.map((one) => hex(blake3(slice(one)))));
  });

  it("blake3Batch hashes messages that lie far apart", () => {
    const messages = Array.from({ length: 3000 }, (_, i) => ({
      offset: (i * 1_234_567) % (2 * MIB - 900),
      length: 100 + (i % 800),
    }));
    expect(batch(messages)).toEqual(messages.map((one) => hex(blake3(slice(one)))));
  });

  it("blake3Batch writes nothing behind the area that a batch acquires", () => {
    const core = new Core();
    batch([{ offset: 0, length: 1 }], BYTES, core);
    const next = core.memory.acquire(600_000);
    core.memory.view(next, 600_000).fill(0xa5);
    const lengths = [100_000, 100_000, 100_000, 262_144, 200_000, 62_144, 62_145, 262_000, 200, 145];
    batch(
      lengths.map((length, i) => ({ offset: 150_000 * i, length })),
      BYTES,
      core,
    );
    expect(core.memory.view(next, 600_000).every((byte) => byte === 0xa5)).toBe(true);
  });

  it.each([false, true])("blake3Batch hashes messages that end with the last byte of linear memory (shared: %j)", (shared) => {
    const core = new Core({ shared, initialBytes: 4 * MIB });
    const placed = core.memory.bytes.subarray(4 * MIB - BYTES.length);
    placed.set(BYTES);
    const messages = Array.from({ length: 3000 }, (_, i) => ({ offset: 600 * i, length: (i * 31) % 2000 }));
    for (let length = 0; length < 70; length++) messages.push({ offset: BYTES.length - length, length });
    expect(batch(messages, placed, core)).toEqual(messages.map((one) => hex(blake3(slice(one)))));
  });

  it("blake3Batch hashes messages in linear memory that grows during the call", () => {
    const core = new Core();
    const placed = core.memory.view(core.memory.acquire(60_000), 3000);
    placed.set(BYTES.subarray(0, 3000));
    const messages = [0, 1, 2, 3, 4].map((i) => ({ offset: 500 * i, length: 600 }));
    expect(batch(messages, placed, core)).toEqual(messages.map(noble));
    expect(placed.length, "the memory did not grow: the test shows nothing").toBe(0);
  });

  it.each([
    [-1, 10],
    [0, -1],
    [0, 101],
    [100, 1],
    [Number.NaN, 1],
    [0, Number.NaN],
    [0.5, 1],
    [0, 1.5],
    [Number.POSITIVE_INFINITY, 1],
    [2 ** 53, 1],
  ])("blake3Batch throws for a message at offset %d with %d bytes in an array of 100 bytes", (offset, length) => {
    const bytes = BYTES.subarray(0, 100);
    const offsets = Float64Array.of(0, offset);
    const lengths = Float64Array.of(10, length);
    expect(() => blake3Batch(bytes, offsets, lengths)).toThrow(new RegExp(`^Message 1: ${length} bytes at ${offset} `));
  });

  it("blake3Batch throws for tables of different lengths", () => {
    expect(() => blake3Batch(BYTES, Uint32Array.of(0, 1), Uint32Array.of(5))).toThrow("2 offsets need as many lengths, not 1");
  });
});

/** The digests of messages in `bytes` (of BYTES, by default outside linear memory). */
function batch(messages: readonly Message[], bytes: Uint8Array = BYTES, core: Core = new Core()): string[] {
  const offsets = Float64Array.from(messages, (message) => message.offset);
  const lengths = Uint32Array.from(messages, (message) => message.length);
  const digests = blake3Batch(bytes, offsets, lengths, core);
  expect(digests.length).toBe(32 * messages.length);
  return messages.map((_, i) => hex(digests.subarray(32 * i, 32 * i + 32)));
}

function noble(message: Message): string {
  return hex(nobleBlake3(slice(message)));
}

function slice({ offset, length }: Message): Uint8Array {
  return BYTES.subarray(offset, offset + length);
}
