import { BytesSink } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import type { ProcessDump } from "../../src/dump/process-dump.js";
import { importCapture } from "../../src/index.js";
import { fields, MinidumpFixture, pattern } from "./fixture.js";
import { imported } from "./imported.js";

/** The regions of a dump as `start+size protection type: address+length@offset ...`. */
function regionsOf({ regions }: ProcessDump): string[] {
  return Array.from({ length: regions.length }, (_, row) => {
    const { start, size, protection, type } = regions.region(row);
    const extents = [...extentsOf(regions, row)].map(
      ({ address, length, offset }) => `${address.toString(16)}+${length.toString(16)}@${offset}`,
    );
    return [`${start.toString(16)}+${size.toString(16)} ${protection} ${type}:`, ...extents].join(" ");
  });
}

function* extentsOf(regions: ProcessDump["regions"], row: number) {
  const { from, to } = regions.extentsOf(row);
  for (let index = from; index < to; index++) yield regions.extent(index);
}

describe("memory of a minidump", () => {
  it("has the committed regions, and where the file has their bytes", async () => {
    const fixture = new MinidumpFixture().systemInfo().memoryInfo([
      { base: 0x10000n, size: 0x3000n, protect: 0x04 },
      { base: 0x20000n, size: 0x1000n, state: 0x2000, protect: 0 },
      { base: 0x30000n, size: 0x1000n, protect: 0x20, type: 0x1000000 },
    ]);
    const at = fixture.end + 16 + 16;
    const { dump } = await imported(fixture.memory64([[0x11000n, pattern(0x1000, 1)]]).done());
    expect(regionsOf(dump)).toEqual([`10000+3000 3 5: 11000+1000@${at}`, "30000+1000 5 3:"]);
  });

  it("keeps ranges where they begin if the dump describes no regions", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const at = fixture.end + 16 + 32;
    const { dump, notes } = await imported(
      fixture
        .memory64([
          [0x7f10n, pattern(0x20, 1)],
          [0x9f00n, pattern(0x80, 2)],
        ])
        .done(),
    );
    expect(regionsOf(dump)).toEqual([`7f10+1000 0 0: 7f10+20@${at}`, `9f00+1000 0 0: 9f00+80@${at + 0x20}`]);
    expect(notes.assumed.join()).toContain("does not describe its regions");
  });

  it("makes one region of ranges that share a page, so that no filled byte hides a captured one", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const at = fixture.end + 16 + 32;
    const { dump } = await imported(
      fixture
        .memory64([
          [0x1000n, pattern(0x10, 1)],
          [0x1800n, pattern(0x10, 2)],
        ])
        .done(),
    );
    expect(regionsOf(dump)).toEqual([`1000+1000 0 0: 1000+10@${at} 1800+10@${at + 0x10}`]);
  });

  it("rounds a region down to a page where pages from its own start would pass the end of the address space", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const at = fixture.end + 16 + 16;
    const start = 2n ** 64n - 0x100n;
    const { dump } = await imported(fixture.memory64([[start, pattern(0x100, 1)]]).done());
    expect(regionsOf(dump)).toEqual(["fffffffffffff000+1000 0 0:", `fffffffffffffc00+400 0 0: ffffffffffffff00+100@${at}`]);
  });

  it("keeps described regions that begin inside a page, and takes no byte of them for bytes between", async () => {
    const fixture = new MinidumpFixture().systemInfo().memoryInfo([
      { base: 0x1080n, size: 0x1000n },
      { base: 0x3480n, size: 0x800n },
    ]);
    const at = fixture.end + 16 + 48;
    const ranges = [
      [0x1080n, pattern(0x1000, 1)],
      [0x2090n, pattern(0x10, 2)],
      [0x3470n, pattern(0x20, 3)],
    ] as const;
    const { dump, notes } = await imported(fixture.memory64(ranges).done());
    expect(regionsOf(dump)).toEqual([
      `1080+1000 3 5: 1080+1000@${at}`,
      "2080+1000 0 0:",
      `2090+10 0 0: 2090+10@${at + 0x1000}`,
      `3470+10 0 0: 3470+10@${at + 0x1010}`,
      `3480+1000 3 5: 3480+10@${at + 0x1020}`,
    ]);
    expect(notes.damaged).toEqual([]);
    expect(notes.assumed).toContain("1 described region with no whole number of pages: rounded to pages of 4096");
  });

  it("adds regions for bytes that no description covers, from the border of a page", async () => {
    const fixture = new MinidumpFixture().systemInfo().memoryInfo([{ base: 0x2000n, size: 0x1000n }]);
    const at = fixture.end + 16 + 16;
    const { dump, notes } = await imported(fixture.memory64([[0x1f00n, pattern(0x1200, 1)]]).done());
    expect(regionsOf(dump)).toEqual([
      "1000+1000 0 0:",
      `1f00+100 0 0: 1f00+100@${at}`,
      `2000+1000 3 5: 2000+1000@${at + 0x100}`,
      `3000+1000 0 0: 3000+100@${at + 0x1100}`,
    ]);
    expect(notes.assumed.join()).toContain("2 regions with bytes, not described as committed");
  });

  it("reads MemoryListStream, whose rows have a place of their own each", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const second = fixture.data(pattern(0x40, 2));
    const first = fixture.data(pattern(0x40, 1));
    const list = fields().u32(2).u64(0x5000n).u32(0x40, second).u64(0x1000n).u32(0x40, first);
    const { dump } = await imported(fixture.stream(5, list.done()).done());
    expect(regionsOf(dump)).toEqual([`1000+1000 0 0: 1000+40@${first}`, `5000+1000 0 0: 5000+40@${second}`]);
  });

  it("gives shared addresses to the range that begins first, and says so", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const at = fixture.end + 16 + 48;
    const ranges = [
      [0x1000n, pattern(0x100, 1)],
      [0x1080n, pattern(0x100, 2)],
      [0x1010n, pattern(0x10, 3)],
    ] as const;
    const { dump, notes } = await imported(fixture.memory64(ranges).done());
    expect(regionsOf(dump)).toEqual([`1000+1000 0 0: 1000+100@${at} 1100+80@${at + 0x180}`]);
    expect(notes.damaged).toEqual([
      "2 ranges of memory with addresses of others, the first one at 0x1010: the range that begins first has them",
    ]);
  });

  it("says nothing of a stack that two lists name", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const stack = fixture.data(pattern(0x40, 2));
    fixture.stream(5, fields().u32(1).u64(0x5000n).u32(0x40, stack).done());
    const thread = fields().u32(7, 0, 0x20, 0).u64(0n).u64(0x5000n).u32(0x40, stack).u32(0, 0);
    const { dump, notes } = await imported(fixture.stream(3, fields().u32(1).bytes(thread.done()).done()).done());
    expect(regionsOf(dump)).toEqual([`5000+1000 0 0: 5000+40@${stack}`]);
    expect(notes.damaged.join()).not.toContain("share addresses");
  });

  it("cuts ranges at the end of the file and keeps what is there", async () => {
    const fixture = new MinidumpFixture().systemInfo().memoryInfo([{ base: 0x1000n, size: 0x4000n }]);
    const at = fixture.end + 16 + 32;
    const whole = fixture
      .memory64([
        [0x1000n, pattern(0x1000, 1)],
        [0x2000n, pattern(0x2000, 2)],
      ])
      .done();
    const { dump, notes } = await imported(whole.subarray(0, at + 0x1800));
    expect(regionsOf(dump)).toEqual([`1000+4000 3 5: 1000+1000@${at}`]);
    expect(notes.damaged).toEqual([
      `1 range of memory past the end of the file, which ends at ${at + 0x1800}: 6144 bytes are missing, and their pages failed`,
      "2048 bytes of the file are in failed pages: the other bytes of these pages lie behind the end of the file",
    ]);
  });

  it("has a region for what a range states, although the file is cut off in it or before it", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const at = fixture.end + 16 + 32;
    const whole = fixture
      .memory64([
        [0x10000n, pattern(0x3000, 1)],
        [0x20000n, pattern(0x1000, 2)],
      ])
      .done();
    const { dump, notes } = await imported(whole.subarray(0, at + 0x1400));
    expect(regionsOf(dump)).toEqual([`10000+3000 0 0: 10000+1000@${at}`, "20000+1000 0 0:"]);
    expect(notes.damaged).toEqual([
      `2 ranges of memory past the end of the file, which ends at ${at + 0x1400}: 11264 bytes are missing, and their pages failed`,
      "1024 bytes of the file are in failed pages: the other bytes of these pages lie behind the end of the file",
    ]);
  });

  it("fails a page of MemoryListStream that has a missing byte, with the bytes of other ranges in it", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const list = fields().u32(4);
    const place = fixture.end + 4 + 4 * 16;
    const row = (start: bigint, size: number, offset: number) => list.u64(start).u32(size, place + offset);
    row(0x1000n, 0x1010, 0);
    row(0x2020n, 0x20, 0x1010);
    row(0x2080n, 0x100, 0x1100);
    row(0x21f0n, 0x1e10, 0x10);
    const whole = fixture.stream(5, list.done()).done();
    const file = new Uint8Array(place + 0x1180);
    file.set(whole);
    const { dump, notes } = await imported(file);
    // Of the third range, 0x80 bytes are missing at 0x2100; of the fourth one, 0xca0 bytes at 0x3360.
    expect(regionsOf(dump)).toEqual([`1000+3000 0 0: 1000+1000@${place}`]);
    const inFailedPages = 0x10 + 0x20 + 0x80 + 0x1170;
    expect(notes.damaged).toEqual([
      `2 ranges of memory past the end of the file, which ends at ${file.length}: ${0x80 + 0xca0} bytes are missing, and their pages failed`,
      `${inFailedPages} bytes of the file are in failed pages: the other bytes of these pages lie behind the end of the file`,
    ]);
  });

  it("takes bytes that one range misses from another range that has them", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const place = fixture.end + 4 + 2 * 16;
    const list = fields()
      .u32(2)
      .u64(0x1000n)
      .u32(0x2000, place + 0x1000)
      .u64(0x2000n)
      .u32(0x1000, place);
    const file = new Uint8Array(place + 0x2000);
    file.set(fixture.stream(5, list.done()).done());
    const { dump } = await imported(file);
    expect(regionsOf(dump)).toEqual([`1000+1000 0 0: 1000+1000@${place + 0x1000}`, `2000+1000 0 0: 2000+1000@${place}`]);
  });

  it("has a failed region for a range of 2^62 bytes behind the end of the file, and keeps the others", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const list = fields()
      .u64(2n, BigInt(fixture.end + 48))
      .u64(0x1001n, 0x10n)
      .u64(0x5001n, 2n ** 62n);
    const dumped = fixture.stream(9, list.bytes(pattern(0x10, 1)).done()).done();
    const { dump } = await imported(dumped);
    const size = 2n ** 62n + 0x1000n;
    expect(regionsOf(dump)).toEqual([`1001+1000 0 0: 1001+10@${dumped.length - 16}`, `5000+${size.toString(16)} 0 0:`]);
    const report = await importCapture(dumped, new BytesSink());
    expect(report.complete).toBe(false);
  });

  it.each([
    [
      "a count of 2^64 - 1",
      fields()
        .u64(2n ** 64n - 1n, 0n)
        .u64(0x1000n, 0x10n),
    ],
    [
      "a size of 2^64 - 1",
      fields()
        .u64(1n, 0n)
        .u64(0x1000n, 2n ** 64n - 1n),
    ],
    [
      "a base at 2^64 - 1",
      fields()
        .u64(1n, 2n ** 64n - 1n)
        .u64(0x1000n, 0x10n),
    ],
  ])("reads no memory of a list with %s behind the file", async (_, list) => {
    const { dump, notes } = await imported(new MinidumpFixture().systemInfo().stream(9, list.done()).done());
    expect(dump.regions.length).toBeLessThanOrEqual(1);
    expect(notes.damaged.length).toBeGreaterThan(0);
  });

  it("has what the file has of a range of 2^64 - 1 bytes, and says that it is cut", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const at = fixture.end + 16 + 16;
    const list = fields()
      .u64(1n, BigInt(at))
      .u64(0x1000n, 2n ** 64n - 1n);
    const dumped = fixture.stream(9, list.bytes(pattern(0x2800, 1)).done()).done();
    const { dump, notes } = await imported(dumped);
    expect(regionsOf(dump)).toEqual([`1000+${(2n ** 64n - 0x1000n).toString(16)} 0 0: 1000+2000@${at}`]);
    expect(notes.damaged).toEqual([
      `1 range of memory past the end of the file, which ends at ${dumped.length}: ${2n ** 64n - 0x3800n} bytes are missing, and their pages failed`,
      "1 range of memory past the end of the address space: what is behind it was left out",
      "2048 bytes of the file are in failed pages: the other bytes of these pages lie behind the end of the file",
    ]);
  });

  it("takes no byte before a range for one of its page: the page is failed, and what the dump has of it stands apart", async () => {
    const fixture = new MinidumpFixture().systemInfo().memoryInfo([{ base: 0x1000n, size: 0x8000n }]);
    const at = fixture.end + 16 + 4 * 16;
    const { dump } = await imported(
      fixture
        .memory64([
          [0x1f10n, pattern(0x10, 1)],
          [0x1f90n, pattern(0x10, 2)],
          [0x3410n, pattern(0x1c00, 3)],
          [0x7108n, pattern(0xef8, 4)],
        ])
        .done(),
    );
    const third = at + 0x20;
    expect(regionsOf(dump)).toEqual([
      // The third range has the whole page at 0x4000, and the first bytes of that at 0x5000.
      `1000+8000 3 5: 4000+1010@${third + 0xbf0}`,
      `1f10+10 3 5: 1f10+10@${at}`,
      `1f90+10 3 5: 1f90+10@${at + 0x10}`,
      `3410+c00 3 5: 3410+c00@${third}`,
      // 0xef8 bytes are three pages of 1024 bytes, and a fourth one that shares bytes with the third.
      `7108+c00 3 5: 7108+c00@${third + 0x1c00}`,
      `7c00+400 3 5: 7c00+400@${third + 0x1c00 + 0xaf8}`,
    ]);
  });

  it("has bytes behind 4 GiB of the file", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const at = fixture.end + 16 + 32;
    const large = 5n << 30n;
    const list = fields()
      .u64(2n, BigInt(at))
      .u64(0x10000n, large)
      .u64(0x7fff0000n * 0x10000n, 0x1000n);
    const head = fixture.stream(9, list.done()).done();
    const { dump } = await imported(head, at + Number(large) + 0x1000);
    expect(regionsOf(dump)).toEqual([
      `10000+${large.toString(16)} 0 0: 10000+${large.toString(16)}@${at}`,
      `7fff00000000+1000 0 0: 7fff00000000+1000@${at + Number(large)}`,
    ]);
  });

  it("takes regions from LinuxMaps where there is no MemoryInfoListStream", async () => {
    const maps =
      "7f0000000000-7f0000002000 r-xp 00000000 08:01 5    /usr/lib/libc.so.6\n7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0    [stack]\n";
    const fixture = new MinidumpFixture().systemInfo({ platform: 0x8201 }).stream(0x47670009, new TextEncoder().encode(maps));
    const at = fixture.end + 16 + 16;
    const { dump } = await imported(fixture.memory64([[0x7ffc00000800n, pattern(0x800, 1)]]).done());
    expect(dump.pageSize).toBe(2048);
    expect(regionsOf(dump)).toEqual(["7f0000000000+2000 5 4:", `7ffc00000000+1000 3 2: 7ffc00000800+800@${at}`]);
  });
});
