import { blake3 as nobleBlake3 } from "@noble/hashes/blake3.js";
import { describe, expect, it } from "vitest";
import { Core } from "../src/index.js";
import { referenceChainingValue } from "./oracle/blake3-reference.js";
import { hex, officialInput } from "./support/blake3-input.js";

const CHUNK = 1024;
const MAXIMUM_CHUNKS = 2048;
const GUARD = 0xa5;

const core = new Core({ initialBytes: 4 * 1024 * 1024 });
const { kernels, memory } = core;
const context = memory.acquire(kernels.blake3ContextBytes());
const output = memory.acquire(5 * 32);
const message = officialInput((MAXIMUM_CHUNKS + 1) * CHUNK);
const input = memory.acquire(message.length);
memory.bytes.set(message, input);

describe("blake3Subtree", () => {
  it.each([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048])(
    "blake3Subtree computes the chaining value of a subtree of %i chunks at any chunk number",
    (chunks) => {
      const multiples = chunks > 256 ? [0n, 3n, 2n ** 32n] : [0n, 1n, 5n, 2n ** 20n - 1n, 2n ** 32n, 2n ** 40n + 7n];
      for (const firstChunk of multiples.map((multiple) => multiple * BigInt(chunks))) {
        const expected = hex(referenceChainingValue(message.subarray(0, chunks * CHUNK), firstChunk));
        expect(hex(subtree(0, chunks, firstChunk)), `first chunk ${firstChunk}`).toBe(expected);
      }
    },
  );

  it.each([2n ** 32n - 1n, 2n ** 32n - 2n, 2n ** 32n - 4n, 2n ** 32n - 5n])(
    "blake3Subtree carries chunk numbers from %i on into the upper 32 bits",
    (firstChunk) => {
      const expected = hex(referenceChainingValue(message.subarray(0, 16 * CHUNK), firstChunk));
      expect(hex(subtree(0, 16, firstChunk))).toBe(expected);
    },
  );

  it("blake3Subtree carries chunk numbers into the upper 32 bits in every lane of the kernels for five, four and one chunks", () => {
    // 32 chunks are hashed as four fives and three fours from the first chunk on, so that the carry falls on every lane once.
    for (let before = 0; before <= 32; before++) {
      const firstChunk = 2n ** 32n - BigInt(before);
      const expected = hex(referenceChainingValue(message.subarray(0, 32 * CHUNK), firstChunk));
      expect(hex(subtree(0, 32, firstChunk)), `${before} chunks before the carry`).toBe(expected);
    }
  });
});

describe("blake3PushSubtree", () => {
  it.each([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])(
    "blake3PushSubtree computes the digest of a message from subtrees of %i chunks",
    (chunks) => {
      for (const count of [2, 3, 4]) {
        if (count * chunks > MAXIMUM_CHUNKS) continue;
        kernels.blake3Init(context);
        for (let i = 0; i < count; i++) pushSubtree(i * chunks, chunks);
        expect(finalDigest(), `${count} subtrees`).toBe(hex(nobleBlake3(message.subarray(0, count * chunks * CHUNK))));
        update(count * chunks * CHUNK, 777);
        expect(finalDigest(), `${count} subtrees and 777 bytes`).toBe(
          hex(nobleBlake3(message.subarray(0, count * chunks * CHUNK + 777))),
        );
      }
    },
  );

  it("blake3PushSubtree accepts subtrees of different sizes between updates", () => {
    kernels.blake3Init(context);
    update(0, 3 * CHUNK);
    pushSubtree(3, 1);
    pushSubtree(4, 4);
    update(8 * CHUNK, 8 * CHUNK);
    pushSubtree(16, 16);
    pushSubtree(32, 2);
    update(34 * CHUNK, 5000);
    expect(finalDigest()).toBe(hex(nobleBlake3(message.subarray(0, 34 * CHUNK + 5000))));
  });

  it("blake3PushSubtree accepts a last chunk that is not whole", () => {
    kernels.blake3Init(context);
    pushSubtree(0, 4);
    memory.bytes.set(referenceChainingValue(message.subarray(4 * CHUNK, 4 * CHUNK + 100), 4n), output);
    expect(kernels.blake3PushSubtree(context, output, 1)).toBe(1);
    expect(finalDigest()).toBe(hex(nobleBlake3(message.subarray(0, 4 * CHUNK + 100))));
  });

  it("blake3PushSubtree refuses a subtree that does not fit the message so far, and changes nothing", () => {
    kernels.blake3Init(context);
    update(0, 2 * CHUNK);
    for (const chunks of [0, 3, 4, 6, 2 ** 31])
      expect(kernels.blake3PushSubtree(context, output, chunks), `${chunks} chunks`).toBe(0);
    update(2 * CHUNK, 10);
    for (const chunks of [1, 2]) expect(kernels.blake3PushSubtree(context, output, chunks), `${chunks} chunks`).toBe(0);
    expect(finalDigest()).toBe(hex(nobleBlake3(message.subarray(0, 2 * CHUNK + 10))));
  });

  it("blake3PushSubtree writes no digest of a message of one subtree, whose root cannot be computed", () => {
    kernels.blake3Init(context);
    pushSubtree(0, 8);
    memory.bytes.fill(GUARD, output, output + 32);
    expect(kernels.blake3Final(context, output)).toBe(0);
    expect(memory.bytes.slice(output, output + 32).every((byte) => byte === GUARD)).toBe(true);
    update(8 * CHUNK, 1);
    expect(finalDigest()).toBe(hex(nobleBlake3(message.subarray(0, 8 * CHUNK + 1))));
  });

  it("blake3PushSubtree writes only into its context for more chunks than any message has", () => {
    const guarded = guardedContext();
    kernels.blake3Init(guarded.context);
    for (let size = 31; size >= 0; size--) expect(kernels.blake3PushSubtree(guarded.context, output, 2 ** size)).toBe(1);
    for (let i = 0; i < 100_000; i++) kernels.blake3PushSubtree(guarded.context, output, 1);
    expect(kernels.blake3Final(guarded.context, output)).toBe(1);
    expect(guarded.intact()).toBe(true);
  });
});

describe("a BLAKE3 context", () => {
  it("a BLAKE3 context keeps the running hasher of a context while one-shot calls use the same context", () => {
    const guarded = guardedContext();
    kernels.blake3Init(guarded.context);
    kernels.blake3Update(guarded.context, input, 700 * CHUNK + 3);
    kernels.blake3Hash(guarded.context, input, message.length, output);
    expect(digestAt(output)).toBe(hex(nobleBlake3(message)));
    kernels.blake3Hash(guarded.context, input, 77_777, output);
    expect(digestAt(output)).toBe(hex(nobleBlake3(message.subarray(0, 77_777))));
    kernels.blake3Subtree(guarded.context, input, 1024, 0, 0, output);
    kernels.blake3HashChunksFive(guarded.context, input, 5, output);
    kernels.blake3Update(guarded.context, input + 700 * CHUNK + 3, 5000);
    kernels.blake3Final(guarded.context, output);
    expect(digestAt(output)).toBe(hex(nobleBlake3(message.subarray(0, 700 * CHUNK + 5003))));
    expect(guarded.intact()).toBe(true);
  });
});

describe("the kernels for four and for five", () => {
  it("the kernels for four and for five chunks compute the chaining values of the reference", () => {
    const chunks = 40;
    const values = memory.acquire(chunks * 32);
    const expected = Array.from({ length: chunks }, (_, i) =>
      hex(referenceChainingValue(message.subarray(i * CHUNK, (i + 1) * CHUNK), BigInt(i))),
    ).join("");
    for (const hashChunks of [kernels.blake3HashChunksFour, kernels.blake3HashChunksFive]) {
      memory.bytes.fill(0, values, values + chunks * 32);
      hashChunks(context, input, chunks, values);
      expect(hex(memory.view(values, chunks * 32)), hashChunks.name).toBe(expected);
    }
    memory.release(values, chunks * 32);
  });
});

function subtree(firstByte: number, chunks: number, firstChunk: bigint): Uint8Array {
  const low = Number(firstChunk & 0xffffffffn);
  const high = Number(firstChunk >> 32n);
  kernels.blake3Subtree(context, input + firstByte, chunks, low, high, output);
  return memory.bytes.slice(output, output + 32);
}

/** Hashes chunks of the message as a subtree and continues the hasher with it. */
function pushSubtree(firstChunk: number, chunks: number): void {
  subtree(firstChunk * CHUNK, chunks, BigInt(firstChunk));
  expect(kernels.blake3PushSubtree(context, output, chunks)).toBe(1);
}

function update(start: number, length: number): void {
  kernels.blake3Update(context, input + start, length);
}

function finalDigest(): string {
  expect(kernels.blake3Final(context, output)).toBe(1);
  return digestAt(output);
}

function digestAt(address: number): string {
  return hex(memory.view(address, 32));
}

/** A context between guard bytes, and whether these are unchanged. */
function guardedContext(): { context: number; intact: () => boolean } {
  const size = kernels.blake3ContextBytes();
  const start = memory.acquire(size + 8192);
  const guarded = start + 4096;
  memory.bytes.fill(GUARD, start, start + size + 8192);
  const isGuard = (byte: number) => byte === GUARD;
  return {
    context: guarded,
    intact: () =>
      memory.bytes.slice(start, guarded).every(isGuard) &&
      memory.bytes.slice(guarded + size, guarded + size + 4096).every(isGuard),
  };
}
