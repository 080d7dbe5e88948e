import { describe, expect, it } from "vitest";
import { BlockRecords, BlockWalk, Core } from "../src/index.js";
import { type Block, encodeHeader, HEADER_BYTES, walkHeaders } from "./oracle/blocks.js";
import { MemoryEnd } from "./support/memory-end.js";
import { Random } from "./support/samples.js";

const END_OF_CAPTURE = 0x0fff;

const EXAMPLE: Omit<Block, "offset"> = {
  length: HEADER_BYTES,
  type: 0x8001,
  flags: 0xfffe,
  payloadVersion: 0xabcd,
  reserved: 0x1234,
  uuid: Array.from({ length: 16 }, (_, i) => 0xf0 + i),
  parentUuid: Array.from({ length: 16 }, (_, i) => 0x80 + i),
};

/** Blocks with random fields. Each payload, of `payloadLength` bytes, repeats the magic of a block header, which a walk must not take for one. */
function encodeBlocks(random: Random, count: number, payloadLength: (index: number) => number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const length = HEADER_BYTES + payloadLength(index);
    const [type, flags, payloadVersion, reserved] = [
      random.below(65_536),
      random.below(65_536),
      random.below(65_536),
      random.below(3),
    ];
    const [uuid, parentUuid] = [[...random.bytes(16)], [...random.bytes(16)]];
    parts.push(encodeHeader({ length, type, flags, payloadVersion, reserved, uuid, parentUuid }));
    parts.push(new Uint8Array(length - HEADER_BYTES).map((_, i) => [0x4d, 0x53, 0x4c, 0x43][i % 4] ?? 0));
  }
  return new Uint8Array(Buffer.concat(parts));
}

function blocksIn(records: BlockRecords): Block[] {
  return Array.from({ length: records.count }, (_, i) => ({
    offset: records.offset(i),
    length: records.length(i),
    type: records.type(i),
    flags: records.flags(i),
    payloadVersion: records.payloadVersion(i),
    reserved: records.reserved(i),
    uuid: [...records.uuidBytes(i)],
    parentUuid: [...records.parentUuidBytes(i)],
  }));
}

/** Expects two equal lists of blocks. For long lists: `toEqual` would take too long to print their difference. */
function expectSameBlocks(actual: Block[], expected: Block[]): void {
  expect(actual.length).toBe(expected.length);
  const different = actual.findIndex((block, i) => JSON.stringify(block) !== JSON.stringify(expected[i]));
  if (different >= 0) expect(actual[different], `block ${different}`).toEqual(expected[different]);
}

/** The result of one `walk` over all of `bytes`, in the form in which the oracle `walkHeaders` returns its own. */
function walked(bytes: Uint8Array, bytesOffset = 0, next = bytesOffset, core?: Core) {
  const records = new BlockRecords();
  const walk = new BlockWalk(records, next, { core });
  const status = walk.walk(bytes, bytesOffset);
  return { blocks: blocksIn(records), next: walk.next, status };
}

/** A core that counts the bytes copied into its linear memory. */
function countingCore() {
  const core = new Core();
  const stage = core.stage.bind(core);
  const copied = { bytes: 0 };
  core.stage = (bytes) => {
    if (core.memory.addressOf(bytes) < 0) copied.bytes += bytes.length;
    return stage(bytes);
  };
  return { core, copied };
}

describe("BlockWalk", () => {
  it("BlockWalk records every field of a header", () => {
    const records = new BlockRecords();
    const header = Uint8Array.from(
      Buffer.from(
        "4d534c43" +
          "0180" +
          "feff" +
          "50000000" +
          "cdab" +
          "3412" +
          "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff" +
          "808182838485868788898a8b8c8d8e8f" +
          "ee".repeat(32),
        "hex",
      ),
    );
    expect(encodeHeader(EXAMPLE)).toEqual(header);
    expect(new BlockWalk(records, 64).walk(header, 64)).toBe("more");
    expect(blocksIn(records)).toEqual([{ offset: 64, ...EXAMPLE }]);
    const { type, flags, length, payloadVersion } = EXAMPLE;
    expect(records.header(0)).toEqual({ offset: 64, type, flags, length, payloadVersion });
  });

  it("BlockWalk records the same blocks as the oracle in a file of blocks of random sizes", () => {
    const random = new Random(1);
    for (let round = 0; round < 50; round++) {
      const file = encodeBlocks(random, 40, () => random.below(round * 40));
      const expected = walkHeaders(file, 0, 0);
      expect(expected.blocks.length).toBe(40);
      expect(walked(file)).toEqual(expected);
    }
  });

  it("BlockWalk records blocks after an End-of-Capture block too", () => {
    const file = new Uint8Array(3 * HEADER_BYTES);
    for (let i = 0; i < 3; i++) file.set(encodeHeader({ ...EXAMPLE, type: END_OF_CAPTURE }), i * HEADER_BYTES);
    expect(walked(file).blocks.length).toBe(3);
  });

  it("BlockWalk records every whole header of a file that is truncated at any byte, and reads no byte behind the file", () => {
    const random = new Random(2);
    const file = encodeBlocks(random, 8, () => random.below(100));
    const end = new MemoryEnd(file.length);
    for (let length = 0; length <= file.length; length++) {
      const truncated = file.slice(0, length);
      const expected = walkHeaders(truncated, 0, 0);
      expect(expected.status).toBe("more");
      expect(walked(truncated), `${length} bytes`).toEqual(expected);
      expect(walked(end.place(truncated), 0, 0, end.core), `${length} bytes in place`).toEqual(expected);
    }
  });

  it("BlockWalk records the same blocks when a file is walked in two parts, split at any byte", () => {
    const random = new Random(3);
    const file = encodeBlocks(random, 12, () => random.below(150));
    const expected = walkHeaders(file, 0, 0).blocks;
    for (let split = 0; split <= file.length; split++) {
      const records = new BlockRecords();
      const walk = new BlockWalk(records, 0);
      expect(walk.walk(file.subarray(0, split), 0)).toBe("more");
      const resume = Math.min(walk.next, split);
      expect(walk.walk(file.subarray(resume), resume)).toBe("more");
      expect(blocksIn(records), `split at ${split}`).toEqual(expected);
      expect(walk.next).toBe(file.length);
    }
  });

  it("BlockWalk records the same blocks when a file is walked in overlapping windows of random sizes, also at offsets beyond 4 GiB", () => {
    const random = new Random(4);
    for (const start of [0, 1, 64, 2 ** 31 - 7, 2 ** 32 - 100, 2 ** 32 + 1, 2 ** 45 + 13, 2 ** 53 - 40_000]) {
      const file = encodeBlocks(random, 60, () => random.below(500));
      const expected = walkHeaders(file, start, start).blocks;
      const records = new BlockRecords();
      const walk = new BlockWalk(records, start);
      while (walk.next < start + file.length) {
        const from = Math.max(0, walk.next - start - random.below(50));
        const window = file.subarray(from, from + 1 + random.below(1000));
        expect(walk.walk(window, start + from)).toBe("more");
      }
      expect(blocksIn(records), `from ${start}`).toEqual(expected);
    }
  });

  it("BlockWalk walks bytes that lie in linear memory without copying them, at any alignment", () => {
    const random = new Random(5);
    const { core, copied } = countingCore();
    const file = encodeBlocks(random, 1500, () => random.below(300));
    const expected = walkHeaders(file, 0, 0).blocks;
    const address = core.memory.acquire(file.length + 16);
    for (let shift = 0; shift < 16; shift++) {
      core.memory.bytes.set(file, address + shift);
      const inside = core.memory.bytes.subarray(address + shift, address + shift + file.length);
      const { blocks, next, status } = walked(inside, 0, 0, core);
      expectSameBlocks(blocks, expected);
      expect([next, status]).toEqual([file.length, "more"]);
    }
    expect(copied.bytes).toBe(0);
  });

  it("BlockWalk records more blocks in one walk than the record table of one kernel call holds", () => {
    const file = encodeBlocks(new Random(6), 30_000, (index) => (index % 100 === 0 ? 9 : 0));
    const { blocks, next, status } = walked(file);
    expectSameBlocks(blocks, walkHeaders(file, 0, 0).blocks);
    expect([next, status]).toEqual([file.length, "more"]);
  });

  it("BlockWalk copies no byte of a window that does not hold the whole next header", () => {
    const { core, copied } = countingCore();
    const records = new BlockRecords();
    const walk = new BlockWalk(records, 10_000, { core });
    expect(walk.walk(new Uint8Array(9_000), 0)).toBe("more");
    expect(walk.walk(new Uint8Array(1_000), 9_000)).toBe("more");
    expect(walk.walk(new Uint8Array(0), 10_000)).toBe("more");
    expect(walk.walk(new Uint8Array(79), 10_000)).toBe("more");
    expect([walk.next, records.count, copied.bytes]).toEqual([10_000, 0, 0]);
  });

  it("BlockWalk copies at most 512 bytes of each block with a long payload", () => {
    const { core, copied } = countingCore();
    const file = encodeBlocks(new Random(7), 20, () => 200_000);
    expect(walked(file, 0, 0, core)).toEqual(walkHeaders(file, 0, 0));
    expect(copied.bytes).toBeLessThanOrEqual(20 * 512);
  });

  it("BlockWalk returns lost-framing for a header with any byte of the magic wrong", () => {
    const file = encodeBlocks(new Random(8), 5, () => 21);
    for (let byte = 0; byte < 4; byte++) {
      const damaged = Uint8Array.from(file);
      damaged[3 * 101 + byte] = 0xff ^ (file[3 * 101 + byte] ?? 0);
      const result = walked(damaged);
      expect([result.status, result.next, result.blocks.length]).toEqual(["lost-framing", 303, 3]);
      expect(result).toEqual(walkHeaders(damaged, 0, 0));
    }
  });

  it("BlockWalk returns more, not lost-framing, for fewer bytes than a header has", () => {
    const bytes = new Uint8Array(80);
    expect(walked(bytes.subarray(0, 79)).status).toBe("more");
    expect(walked(bytes)).toEqual({ blocks: [], next: 0, status: "lost-framing" });
  });

  it.each([0, 1, 79])("BlockWalk returns bad-length on every call at a header whose block length is %d", (length) => {
    const file = new Uint8Array([...encodeHeader(EXAMPLE), ...encodeHeader({ ...EXAMPLE, length }), ...encodeHeader(EXAMPLE)]);
    const records = new BlockRecords();
    const walk = new BlockWalk(records, 0);
    expect(walk.walk(file, 0)).toBe("bad-length");
    expect([walk.next, records.count]).toEqual([80, 1]);
    expect(walk.walk(file, 0)).toBe("bad-length");
    expect([walk.next, records.count]).toEqual([80, 1]);
  });

  it.each([1, 100, 20_000, 2 ** 40, 0, -1, 1.5, Number.NaN])(
    "a table with room for %d blocks holds the blocks of a capture that has more or fewer",
    (expected) => {
      const bytes = encodeBlocks(new Random(7), 16_500, () => 0);
      const records = new BlockRecords(expected);
      expect(new BlockWalk(records, 0).walk(bytes, 0)).toBe("more");
      expectSameBlocks(blocksIn(records), walkHeaders(bytes, 0, 0).blocks);
    },
  );

  it("BlockWalk records blocks of the greatest length, 2^32 - 1 bytes, and continues behind them", () => {
    const longest = encodeHeader({ ...EXAMPLE, length: 2 ** 32 - 1 });
    const records = new BlockRecords();
    const walk = new BlockWalk(records, 2 ** 40);
    for (let i = 0; i < 3; i++) expect(walk.walk(longest, walk.next)).toBe("more");
    expect([records.count, records.length(2), walk.next]).toEqual([3, 2 ** 32 - 1, 2 ** 40 + 3 * (2 ** 32 - 1)]);
  });

  it("BlockWalk throws a RangeError for bytes that begin after the next header, and for offsets that are not safe integers", () => {
    const walk = new BlockWalk(new BlockRecords(), 64);
    expect(() => walk.walk(new Uint8Array(100), 65)).toThrow(
      new RangeError("The next block header is at 64; the bytes to walk begin after it, at 65"),
    );
    for (const offset of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => walk.walk(new Uint8Array(100), offset)).toThrow(RangeError);
      expect(() => new BlockWalk(new BlockRecords(), offset)).toThrow(RangeError);
    }
    expect(() => walk.walk(new Uint8Array(100), 2 ** 53 - 50)).toThrow(/The end of the bytes to walk/);
  });
});

describe("walkBlocks", () => {
  it("walkBlocks resumes after filling a record table of any size, and writes no byte outside the records and the result", () => {
    const random = new Random(9);
    const { kernels, memory } = new Core();
    const [windowAt, recordsAt, resultAt] = [memory.acquire(8192), memory.acquire(64 * 12), memory.acquire(64)];
    for (let round = 0; round < 200; round++) {
      const file = encodeBlocks(random, 30, () => random.below(120));
      const expected = walkHeaders(file, 0, 0).blocks;
      const records = new BlockRecords();
      for (let next = 0, status = 3; status === 3; ) {
        const room = random.below(11);
        memory.bytes
          .fill(0xcc, recordsAt, recordsAt + 64 * 12)
          .fill(0xcc, resultAt, resultAt + 64)
          .set(file, windowAt);
        kernels.walkBlocks(windowAt, file.length, 0, next, recordsAt, room, 0, resultAt);
        const result = new DataView(memory.bytes.buffer, resultAt);
        const count = result.getUint32(8, true);
        expect(count).toBeLessThanOrEqual(room);
        expect(memory.bytes.subarray(recordsAt + 64 * count, recordsAt + 64 * 12).every((byte) => byte === 0xcc)).toBe(true);
        expect(memory.bytes.subarray(resultAt + 16, resultAt + 64).every((byte) => byte === 0xcc)).toBe(true);
        for (let i = 0; i < count; i++) {
          expect([...memory.bytes.subarray(recordsAt + 64 * i + 20, recordsAt + 64 * i + 32)]).toEqual(new Array(12).fill(0));
        }
        records.append(memory.bytes.subarray(recordsAt, recordsAt + 64 * count));
        next = result.getFloat64(0, true);
        status = result.getUint32(12, true);
      }
      expect(blocksIn(records)).toEqual(expected);
    }
  });
});

describe("BlockRecords", () => {
  it("BlockRecords keeps records, and views of their bytes, unchanged while the table grows", () => {
    const file = encodeBlocks(new Random(10), 50_000, (index) => index % 3);
    const expected = walkHeaders(file, 0, 0).blocks;
    const records = new BlockRecords();
    const walk = new BlockWalk(records, 0);
    walk.walk(file.subarray(0, 500), 0);
    const early = records.uuidBytes(2);
    expect(walk.walk(file.subarray(walk.next), walk.next)).toBe("more");
    expectSameBlocks(blocksIn(records), expected);
    expect([...early]).toEqual(expected[2]?.uuid);
  });

  it("readUuid passes the UUID of each record, of a table that has grown and of a part of it", () => {
    const file = encodeBlocks(new Random(12), 40_000, () => 0);
    const expected = walkHeaders(file, 0, 0).blocks.map(({ uuid }) => uuid.join());
    const records = new BlockRecords();
    const walk = new BlockWalk(records, 0);
    walk.walk(file.subarray(0, 500), 0);
    walk.walk(file.subarray(walk.next), walk.next);
    const uuidsIn = (table: BlockRecords) =>
      Array.from({ length: table.count }, (_, i) => table.readUuid(i, (bytes, at) => bytes.subarray(at, at + 16).join()));
    expect(uuidsIn(records).findIndex((uuid, i) => uuid !== expected[i])).toBe(-1);
    expect(records.count).toBe(expected.length);
    const first = records.first(20_000);
    expect(uuidsIn(first).findIndex((uuid, i) => uuid !== expected[i])).toBe(-1);
    expect(() => first.readUuid(20_000, () => 0)).toThrow(RangeError);
  });

  it("BlockRecords appends any number of records at once, and finds the first block of a type from any index on", () => {
    const random = new Random(11);
    const types = Array.from({ length: 40_000 }, (_, i) => (i % 16_384 === 16_383 || i % 9000 === 0 ? 7 : 1 + random.below(3)));
    const records = new BlockRecords();
    for (let at = 0; at < types.length; ) {
      const portion = types.slice(at, at + 1 + random.below(20_000));
      const fields = new DataView(new ArrayBuffer(64 * portion.length));
      portion.forEach((type, i) => {
        fields.setUint16(64 * i + 12, type, true);
        fields.setUint32(64 * i + 8, at + i, true);
      });
      records.append(new Uint8Array(fields.buffer));
      at += portion.length;
    }
    expect(records.count).toBe(types.length);
    expect(types.findIndex((type, i) => records.type(i) !== type || records.length(i) !== i)).toBe(-1);
    for (const from of [0, 1, 9000, 9001, 16_383, 16_384, 32_767, 32_768, 36_001, 39_999, 40_000, 50_000]) {
      for (const type of [1, 7, 9])
        expect(records.indexOfType(type, from), `${type} from ${from}`).toBe(types.indexOf(type, from));
    }
    for (const count of [9000, 16_384, 36_000]) {
      for (const type of [1, 7, 9]) {
        const expected = types.slice(0, count).indexOf(type, 9001);
        expect(records.first(count).indexOfType(type, 9001), `${type} in ${count}`).toBe(expected);
      }
    }
  });

  it("BlockRecords throws a RangeError for an index outside the table, and for appended bytes that end inside a record", () => {
    const records = new BlockRecords();
    expect(() => records.offset(0)).toThrow(new RangeError("There is no block 0; the table holds 0 blocks"));
    records.append(new Uint8Array(128));
    expect(records.count).toBe(2);
    for (const index of [-1, 2, Number.NaN]) {
      for (const read of [
        "offset",
        "length",
        "type",
        "flags",
        "payloadVersion",
        "reserved",
        "uuidBytes",
        "parentUuidBytes",
      ] as const) {
        expect(() => records[read](index)).toThrow(RangeError);
      }
      expect(() => records.readUuid(index, () => 0)).toThrow(RangeError);
      expect(() => records.header(index)).toThrow(RangeError);
    }
    expect(() => records.append(new Uint8Array(65))).toThrow(/64 bytes each; 65 bytes are no whole number/);
  });
});

describe("BlockWalk with the option bigEndian", () => {
  it("BlockWalk makes the same records from big-endian headers as from little-endian headers", () => {
    const littleEndian = new Uint8Array(80 + 104);
    const bigEndian = new Uint8Array(80 + 104);
    for (const [bytes, little] of [
      [littleEndian, true],
      [bigEndian, false],
    ] as const) {
      const view = new DataView(bytes.buffer);
      for (const [at, type, length] of [
        [0, 0x1234, 104],
        [104, 0x0fff, 0x12345678],
      ] as const) {
        bytes.set([0x4d, 0x53, 0x4c, 0x43], at);
        view.setUint16(at + 4, type, little);
        view.setUint16(at + 6, 0x8001, little);
        view.setUint32(at + 8, length, little);
        view.setUint16(at + 12, 0x0102, little);
        view.setUint16(at + 14, 0xff00, little);
        bytes.fill(at + 1, at + 16, at + 48);
      }
    }
    const [expected, found] = [new BlockRecords(), new BlockRecords()];
    const walk = new BlockWalk(found, 0, { bigEndian: true });
    new BlockWalk(expected, 0).walk(littleEndian, 0);
    expect(walk.walk(bigEndian, 0)).toBe("more");
    expect([walk.next, found.count]).toEqual([104 + 0x12345678, 2]);
    for (let i = 0; i < 2; i++) {
      for (const field of ["offset", "length", "type", "flags", "payloadVersion", "reserved"] as const) {
        expect(found[field](i)).toBe(expected[field](i));
      }
      expect(found.uuidBytes(i)).toEqual(expected.uuidBytes(i));
    }
  });
});
