import { describe, expect, it } from "vitest";
import { SLAB_BYTES, ZeroSlabs } from "../src/dump/zero-slabs.js";

describe("slabs of zeros", () => {
  it("are taken in whole or in part, and never past their border", () => {
    const slabs = new ZeroSlabs(3 * SLAB_BYTES);
    slabs.look(SLAB_BYTES, new Uint8Array(SLAB_BYTES));
    expect(slabs.at(SLAB_BYTES, SLAB_BYTES)).toEqual(new Uint8Array(SLAB_BYTES));
    expect(slabs.at(SLAB_BYTES + 4096, 5)).toEqual(new Uint8Array(5));
    expect(slabs.at(SLAB_BYTES + 4096, SLAB_BYTES)).toBeUndefined();
    expect(slabs.at(SLAB_BYTES - 1, 2)).toBeUndefined();
    expect(slabs.at(2 * SLAB_BYTES, 1)).toBeUndefined();
  });

  it("are none where one byte is another one, wherever it is in the slab", () => {
    for (const place of [0, 1, 64 * 1024, SLAB_BYTES - 1]) {
      const slabs = new ZeroSlabs(SLAB_BYTES);
      const bytes = new Uint8Array(SLAB_BYTES);
      bytes[place] = 1;
      slabs.look(0, bytes);
      expect(slabs.at(0, SLAB_BYTES)).toBeUndefined();
    }
  });

  it("are known only when all bytes of a slab were seen", () => {
    const slabs = new ZeroSlabs(2 * SLAB_BYTES);
    slabs.look(4096, new Uint8Array(SLAB_BYTES));
    slabs.look(SLAB_BYTES, new Uint8Array(SLAB_BYTES - 1));
    expect(slabs.at(4096, 1)).toBeUndefined();
    expect(slabs.at(SLAB_BYTES, 1)).toBeUndefined();
  });

  it("take a table of bounded size: slabs at the end of a dump of 2^53 - 1 bytes are not known", () => {
    const slabs = new ZeroSlabs(Number.MAX_SAFE_INTEGER);
    const offset = 2 ** 52;
    slabs.look(offset, new Uint8Array(SLAB_BYTES));
    expect(slabs.at(offset, 1)).toBeUndefined();
  });
});
