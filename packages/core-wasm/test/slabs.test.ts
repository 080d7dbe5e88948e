/** Slabs in situations that running threads does not reach: far into a file, and between two instructions of two threads. */
import { afterEach, expect, it, vi } from "vitest";
import { Core, SlabChain } from "../src/index.js";
import { RELAY_NEXT, RELAY_PREVIOUS } from "../src/layout.js";
import { ControlWord } from "../src/slabs/slab-job.js";
import { hashSlabs } from "../src/slabs/slab-thread.js";
import { referenceBlake3, referenceChainingValue } from "./oracle/blake3-reference.js";
import { officialInput } from "./support/blake3-input.js";

const CHUNK = 1024;
const SLAB_BYTES = 8 * CHUNK;
/** Offsets of assembly/slabs/slot.ts: the number of the file's subtrees, and the first of them. */
const SLOT_FILE_PIECES = 0;
const SLOT_PIECES = 128;

afterEach(() => vi.restoreAllMocks());

it.each([2 ** 20, 2 ** 32, 2 ** 32 + 8, 2 ** 42 - 8])(
  "a thread computes the chaining value of a slab that begins with chunk %i of its file",
  (firstChunk) => {
    const core = new Core({ initialBytes: 1024 * 1024 });
    const { kernels, memory } = core;
    const [relay, area, slot, window] = [
      kernels.slabRelayBytes(),
      kernels.slabAreaBytes(),
      kernels.slabSlotBytes(),
      CHUNK + SLAB_BYTES + 128,
    ].map((bytes) => memory.acquire(bytes)) as [number, number, number, number];
    const bytes = officialInput(SLAB_BYTES);
    const slabAddress = window + CHUNK;
    memory.bytes.set(bytes, slabAddress);
    const start = firstChunk * CHUNK;
    kernels.beginSlabs(relay, core.stage(new Uint8Array(64)), core.stage(new Uint8Array(64)), 64);
    // The slab lies inside a block that begins before the slab and ends behind it.
    const view = new DataView(memory.memory.buffer);
    view.setBigUint64(relay + RELAY_NEXT, BigInt(start + 2 * SLAB_BYTES), true);
    view.setBigUint64(relay + RELAY_PREVIOUS, BigInt(start - SLAB_BYTES), true);
    kernels.walkSlab(area, relay, slabAddress, start, start + 4 * SLAB_BYTES, SLAB_BYTES);
    expect(kernels.hashSlab(area, slot)).toBe(0);
    expect(view.getUint32(slot + SLOT_FILE_PIECES, true)).toBe(1);
    const value = memory.bytes.slice(slot + SLOT_PIECES, slot + SLOT_PIECES + 32);
    expect(value).toEqual(referenceChainingValue(bytes, BigInt(firstChunk)));
  },
);

/** A file of a header and one block. */
function fileOf(length: number): Uint8Array {
  const file = officialInput(length);
  file.set([0x4d, 0x53, 0x4c, 0x43, 1, 0], 64);
  new DataView(file.buffer).setUint32(72, length - 64, true);
  return file;
}

it("a thread merges a slab that another thread has hashed just before the merging thread stops", () => {
  const file = fileOf(2 * SLAB_BYTES + 144 + 48);
  const end = 2 * SLAB_BYTES + 64;
  new DataView(file.buffer).setUint32(72, end - 64, true);
  file.set([0x4d, 0x53, 0x4c, 0x43, 0xff, 0x0f, 0, 0, 128, 0, 0, 0], end);
  const chain = new SlabChain({ size: file.length, threads: 2, slabBytes: SLAB_BYTES, fed: false });
  const { job } = chain;
  chain.begin(file.subarray(0, 64), file.subarray(0, 64));
  const hooks = {
    read: (target: Uint8Array, offset: number) => target.set(file.subarray(offset, offset + target.length)),
    onBreaks: () => {},
  };
  const store = Atomics.store;
  let others = 0;
  vi.spyOn(Atomics, "store").mockImplementation(((words: Int32Array, word: number, value: number) => {
    // Just before the first thread stops merging, the other thread hashes all slabs that are left. It cannot merge them.
    const stopsMerging = words.byteOffset === job.control && word === ControlWord.Merging && value === 0;
    if (stopsMerging && others++ === 0) hashSlabs(job, 1, hooks);
    return store(words, word, value);
  }) as typeof Atomics.store);
  hashSlabs(job, 0, hooks);
  expect(others).toBeGreaterThan(1);
  expect(chain.slabsDone).toBe(job.slabs);
  expect(chain.finish().chain.eoc?.computed).toEqual(referenceBlake3(file.subarray(0, end)));
});
