import { blake3 as nobleBlake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Blake3, blake3, Core } from "../src/index.js";
import { referenceBlake3 } from "./oracle/blake3-reference.js";
import { hex, OFFICIAL_LENGTHS, officialInput } from "./support/blake3-input.js";

const MIB = 1024 * 1024;

/** Longer than several staging areas, and not a multiple of the size of any block or chunk. */
const LONG = officialInput(3 * MIB + 12_345);
const LONG_DIGEST = hex(nobleBlake3(LONG));

describe("blake3", () => {
  it.each([
    ["", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
    ["\0", "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"],
    ["abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"],
  ])("blake3 returns the published digest of %j", (text, digest) => {
    expect(hex(blake3(new TextEncoder().encode(text)))).toBe(digest);
  });

  it.each(OFFICIAL_LENGTHS)(
    "blake3 returns the digest of noble and of the scalar reference for the official input of %i bytes",
    (length) => {
      const input = officialInput(length);
      const digest = hex(blake3(input));
      expect(digest).toBe(hex(nobleBlake3(input)));
      expect(digest).toBe(hex(referenceBlake3(input)));
    },
  );

  it("blake3 returns the digest of noble for every length up to 3200 bytes", () => {
    const input = officialInput(3200);
    for (let length = 0; length <= input.length; length++) {
      const message = input.subarray(0, length);
      expect(hex(blake3(message)), `${length} bytes`).toBe(hex(nobleBlake3(message)));
    }
  });

  it("blake3 returns the digest of noble for lengths around every number of chunks up to 70", () => {
    const input = officialInput(70 * 1024 + 1);
    for (let chunks = 1; chunks <= 70; chunks++) {
      for (const length of [chunks * 1024 - 1, chunks * 1024, chunks * 1024 + 1]) {
        const message = input.subarray(0, length);
        expect(hex(blake3(message)), `${length} bytes`).toBe(hex(nobleBlake3(message)));
      }
    }
  });

  it("blake3 hashes bytes at any alignment", () => {
    const input = officialInput(6000);
    for (let start = 0; start < 70; start++) {
      const message = input.subarray(start, start + 5700);
      expect(hex(blake3(message)), `from byte ${start}`).toBe(hex(nobleBlake3(message)));
    }
  });

  it("blake3 hashes more bytes than the staging area holds", () => {
    expect(hex(blake3(LONG))).toBe(LONG_DIGEST);
  });

  it("blake3 hashes bytes that end with the last byte of linear memory", () => {
    const core = new Core({ initialBytes: 8 * MIB });
    for (const message of [
      officialInput(0),
      officialInput(1),
      officialInput(700),
      officialInput(1025),
      officialInput(300_000),
      LONG,
      // Bytes are prefetched only where enough chunks are left.
      ...Array.from({ length: 40 }, (_, chunks) => officialInput(1024 * (chunks + 1))),
    ]) {
      const all = core.memory.bytes;
      const placed = all.subarray(all.length - message.length);
      placed.set(message);
      expect(hex(blake3(placed, core)), `${message.length} bytes`).toBe(hex(nobleBlake3(message)));
    }
  });

  it.each([40, 4000, 60_000])("blake3 hashes %i bytes in linear memory that grows during the first call", (length) => {
    const core = new Core();
    const message = officialInput(length);
    const placed = core.memory.view(core.memory.acquire(60_000), length);
    placed.set(message);
    expect(hex(blake3(placed, core))).toBe(hex(nobleBlake3(message)));
    expect(placed.length, "the memory did not grow: the test shows nothing").toBe(0);
    expect(hex(blake3(message, core))).toBe(hex(nobleBlake3(message)));
  });

  it("blake3 hashes a few bytes that lie in linear memory without making it grow", () => {
    const core = new Core();
    const placed = core.memory.view(core.memory.acquire(40_000), 40_000);
    placed.set(officialInput(40_000));
    blake3(placed, core);
    expect(hex(blake3(placed.subarray(0, 40), core))).toBe(hex(nobleBlake3(officialInput(40))));
  });

  it("blake3 continues a message after linear memory has grown", () => {
    const core = new Core();
    const hasher = new Blake3(core).update(LONG.subarray(0, 1000));
    blake3(LONG.subarray(0, 10), core);
    core.memory.release(core.memory.acquire(5 * MIB), 5 * MIB);
    expect(hex(blake3(LONG, core))).toBe(LONG_DIGEST);
    expect(hex(hasher.update(LONG.subarray(1000)).digest())).toBe(LONG_DIGEST);
  });

  it("blake3 returns the same digests over shared memory", () => {
    const core = new Core({ shared: true, initialBytes: 8 * MIB });
    for (const length of [0, 1, 200, 1024, 1025, 5000, 300_000]) {
      const message = officialInput(length);
      expect(hex(blake3(message, core)), `${length} bytes`).toBe(hex(nobleBlake3(message)));
    }
    expect(hex(blake3(LONG, core))).toBe(LONG_DIGEST);
    const address = core.memory.acquire(LONG.length);
    core.memory.bytes.set(LONG, address);
    expect(hex(blake3(core.memory.view(address, LONG.length), core))).toBe(LONG_DIGEST);
    expect(blake3(LONG, core).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("blake3 returns digests that later calls do not change", () => {
    const first = blake3(officialInput(1));
    blake3(officialInput(2));
    expect(hex(first)).toBe(hex(nobleBlake3(officialInput(1))));
  });
});

describe("Blake3", () => {
  it("Blake3 hashes a message that is split in any way", () => {
    const splits = fc.array(fc.oneof(fc.nat(80), fc.nat(3000), fc.nat(400_000)), { maxLength: 30 });
    fc.assert(
      fc.property(splits, (lengths) => {
        const hasher = new Blake3();
        let end = 0;
        for (const length of lengths) {
          const start = end;
          end = Math.min(LONG.length, start + length);
          hasher.update(LONG.subarray(start, end));
        }
        const digest = hex(hasher.digest());
        hasher.release();
        expect(digest).toBe(hex(blake3(LONG.subarray(0, end))));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it("Blake3 returns the digest of noble for any number of whole chunks behind any other number, with and without bytes between", () => {
    for (let before = 0; before < 10; before++) {
      for (const between of [0, 1, 500, 1023]) {
        for (let chunks = 1; chunks <= 40; chunks++) {
          const start = before * 1024 + between;
          const message = LONG.subarray(0, start + chunks * 1024);
          const hasher = new Blake3().update(LONG.subarray(0, start)).update(message.subarray(start));
          expect(hex(hasher.digest()), `${chunks} chunks behind ${start} bytes`).toBe(hex(nobleBlake3(message)));
          hasher.release();
        }
      }
    }
  });

  it("Blake3.updateAll continues several messages with the same bytes, each behind a start of its own", () => {
    const starts = [0, 1, 80, 1023, 1024, 5000];
    const hashers = starts.map((start) => new Blake3().update(LONG.subarray(0, start)));
    for (const [from, to] of [
      [7, 8],
      [8, 700],
      [700, 700],
      [700, 600_123],
    ] as const) {
      Blake3.updateAll(hashers, LONG.subarray(from, to));
    }
    for (const [index, hasher] of hashers.entries()) {
      const start = starts[index] ?? 0;
      const message = new Uint8Array(start + 600_116);
      message.set(LONG.subarray(0, start));
      message.set(LONG.subarray(7, 600_123), start);
      expect(hex(hasher.digest()), `behind ${start} bytes`).toBe(hex(nobleBlake3(message)));
      hasher.release();
    }
    expect(() => Blake3.updateAll([new Blake3(), new Blake3(new Core())], LONG)).toThrow("must be of one core");
    expect(() => Blake3.updateAll([], LONG)).not.toThrow();
  });

  it.each([1, 63, 64, 65, 1023, 1024, 1025, 4096, 5000, 262_144, 1_000_000])(
    "Blake3 hashes a message in pieces of %i bytes",
    (size) => {
      const message = LONG.subarray(0, size < 64 ? 5000 : LONG.length);
      const hasher = new Blake3();
      for (let at = 0; at < message.length; at += size) hasher.update(message.subarray(at, at + size));
      expect(hex(hasher.digest())).toBe(hex(nobleBlake3(message)));
      hasher.release();
    },
  );

  it("Blake3 continues a message after a digest, whatever its length so far", () => {
    const message = LONG.subarray(0, 40_000);
    const hasher = new Blake3();
    for (let end = 0; end < message.length; ) {
      expect(hex(hasher.digest()), `first digest after ${end} bytes`).toBe(hex(nobleBlake3(message.subarray(0, end))));
      expect(hex(hasher.digest()), `second digest after ${end} bytes`).toBe(hex(nobleBlake3(message.subarray(0, end))));
      const next = end + (end % 2048 === 0 ? 1024 : 512 + (end % 7) * 512);
      hasher.update(message.subarray(end, next));
      end = next;
    }
    expect(hex(hasher.digest())).toBe(hex(nobleBlake3(message)));
    hasher.release();
  });

  it("Blake3 keeps the messages of several hashers and of one-shot calls apart", () => {
    const first = new Blake3();
    const second = new Blake3();
    first.update(LONG.subarray(0, 700_000));
    second.update(LONG.subarray(5, 2000));
    blake3(LONG);
    first.update(LONG.subarray(700_000));
    second.update(LONG.subarray(2000, 9000));
    expect(hex(first.digest())).toBe(LONG_DIGEST);
    expect(hex(second.digest())).toBe(hex(nobleBlake3(LONG.subarray(5, 9000))));
    first.release();
    second.release();
  });

  it("Blake3 begins a new message in memory that another hasher has released", () => {
    const core = new Core();
    const first = new Blake3(core).update(LONG);
    first.release();
    const second = new Blake3(core);
    expect(hex(second.digest())).toBe(hex(nobleBlake3(new Uint8Array())));
    first.release();
    expect(hex(new Blake3(core).update(LONG).digest())).toBe(LONG_DIGEST);
    expect(hex(second.update(LONG).digest())).toBe(LONG_DIGEST);
  });

  it("Blake3 throws for updates and digests after the release", () => {
    const hasher = new Blake3();
    hasher[Symbol.dispose]();
    expect(() => hasher.update(LONG)).toThrow(/released/);
    expect(() => hasher.digest()).toThrow(/released/);
    expect(() => hasher.release()).not.toThrow();
  });
});
