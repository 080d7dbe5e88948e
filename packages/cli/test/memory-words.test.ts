import { describe, expect, it } from "vitest";
import { addressOf, joinedRanges, type NamedMemory, rangeNamed, rangesOf, spanOf } from "../src/asking/memory-words.js";

const MEMORY: NamedMemory = {
  modules: [
    { path: "/usr/lib/libc.so.6", baseAddr: 0x7f00_0000_0000n, moduleSize: 0x20_0000n },
    { path: "/usr/lib/ld-linux-x86-64.so.2", baseAddr: 0x7f01_0000_0000n, moduleSize: 0x1000n },
    { path: "C:\\Windows\\System32\\NTDLL.DLL", baseAddr: 0x7f02_0000_0000n, moduleSize: 0x1000n },
    { path: '/lib/quoted.so\\n"', baseAddr: 0x7f03_0000_0000n, moduleSize: 0x1000n },
    { path: "/a/twice.so", baseAddr: 0x1000n, moduleSize: 0x1000n },
    { path: "/b/twice.so", baseAddr: 0x8000n, moduleSize: 0x1000n },
    { path: "/c/parts.so", baseAddr: 0x3_0000n, moduleSize: 0x1000n },
    { path: "/c/parts.so", baseAddr: 0x2_0000n, moduleSize: 0x1000n },
    { path: "/top.so", baseAddr: 2n ** 64n - 0x1000n, moduleSize: 0x2000n },
    { path: "", baseAddr: 0x9000n, moduleSize: 0x1000n },
  ],
  regions: [
    { baseAddr: 0x5000n, endAddr: 0x6000n, head: { regionTypeName: "heap" } },
    { baseAddr: 0xa000n, endAddr: 0xb000n, head: { regionTypeName: "heap" } },
    { baseAddr: 0xc000n, endAddr: 0xe000n, head: { regionTypeName: "mapped file" } },
  ],
};

describe("an address", () => {
  it.each([
    ["0", 0n],
    ["1000", 0x1000n],
    ["0x1000", 0x1000n],
    ["7F00e90e2000", 0x7f00e90e2000n],
    ["ffffffffffffffff", 2n ** 64n - 1n],
    ["dec:4096", 4096n],
    ["libc.so.6", 0x7f00_0000_0000n],
    ["LIBC.SO.6", 0x7f00_0000_0000n],
    ["/usr/lib/libc.so.6", 0x7f00_0000_0000n],
    ["libc.so.6+0x1234", 0x7f00_0000_1234n],
    ["libc.so.6+1234", 0x7f00_0000_04d2n],
    ["libc.so.6+4KiB+1", 0x7f00_0000_1001n],
    ["ntdll.dll", 0x7f02_0000_0000n],
    ["c:\\windows\\system32\\ntdll.dll+16", 0x7f02_0000_0010n],
    ['quoted.so\\n"', 0x7f03_0000_0000n],
    ["parts.so", 0x2_0000n],
    ["/b/twice.so", 0x8000n],
    ["mapped-file", 0xc000n],
    ["mapped-file+0x10", 0xc010n],
    ["1000+10", 0x100an],
  ])("%s is read as an address", (word, address) => expect(addressOf(word, MEMORY)).toBe(address));

  it.each([
    ["", "is no address"],
    ["0x", "is no address"],
    ["10000000000000000", "is no address"],
    ["dec:18446744073709551616", "is no address"],
    ["ffffffffffffffff+1", "is no address"],
    ["-1", "is no address"],
    ["libm.so.6", "is no address"],
    ["libc", "is no address"],
    ["libc.so.6+", "is no address"],
    ["libc.so.6+zz", "is no address"],
    ["+0x10", "is no address"],
    ["twice.so", "2 modules have the name"],
    ["heap", "2 regions have the type heap"],
    ["constructor", "is no address"],
  ])("%j is refused as an address", (word, message) => {
    expect(() => addressOf(word, MEMORY)).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining(message) }),
    );
  });
});

describe("a range", () => {
  const whole = (start: bigint, size: bigint) => ({ start, end: start + size });
  it.each([
    ["1000-2000", [{ start: 0x1000n, end: 0x2000n }]],
    ["0x1000-0x2000", [{ start: 0x1000n, end: 0x2000n }]],
    ["0-10000000000000000", [{ start: 0n, end: 2n ** 64n }]],
    ["1000+16", [whole(0x1000n, 16n)]],
    ["1000+0x10", [whole(0x1000n, 16n)]],
    ["dec:16+1MiB", [whole(16n, 1n << 20n)]],
    ["libc.so.6", [whole(0x7f00_0000_0000n, 0x20_0000n)]],
    ["libc.so.6+0x100", [whole(0x7f00_0000_0000n, 0x100n)]],
    ["libc.so.6+0x100+8", [whole(0x7f00_0000_0100n, 8n)]],
    ["libc.so.6+1-libc.so.6+3", [whole(0x7f00_0000_0001n, 2n)]],
    ["ld-linux-x86-64.so.2", [whole(0x7f01_0000_0000n, 0x1000n)]],
    ["ld-linux-x86-64.so.2+16", [whole(0x7f01_0000_0000n, 16n)]],
    ["ld-linux-x86-64.so.2-ld-linux-x86-64.so.2+8", [whole(0x7f01_0000_0000n, 8n)]],
    ["1000-ntdll.dll", [{ start: 0x1000n, end: 0x7f02_0000_0000n }]],
    ["twice.so", [whole(0x1000n, 0x1000n), whole(0x8000n, 0x1000n)]],
    ["top.so", [{ start: 2n ** 64n - 0x1000n, end: 2n ** 64n }]],
    ["heap", [whole(0x5000n, 0x1000n), whole(0xa000n, 0x1000n)]],
    ["Mapped-File", [whole(0xc000n, 0x2000n)]],
  ])("%s is read as a range", (word, ranges) => expect(rangesOf(word, MEMORY)).toEqual(ranges));

  it.each([
    ["1000", "is no range"],
    ["stack", "has no region of the type"],
    ["slack", "is no range"],
    ["1000-", "is no range"],
    ["-1000", "is no range"],
    ["1000-2000-3000", "is no range"],
    ["2000-1000", "is empty"],
    ["1000-1000", "is empty"],
    ["1000+0", "is empty"],
    ["ffffffffffffffff+2", "passes the end"],
    ["heap+16", "2 regions have the type"],
  ])("%j is refused as a range", (word, message) => {
    expect(() => rangesOf(word, MEMORY)).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining(message) }),
    );
  });

  it("ranges are put in order, and joined where they touch or overlap", () => {
    const ranges = [
      [0x30n, 0x40n],
      [0x10n, 0x20n],
      [0x20n, 0x28n],
      [0x12n, 0x14n],
    ].map(([start = 0n, end = 0n]) => ({ start, end }));
    expect(joinedRanges(ranges)).toEqual([
      { start: 0x10n, end: 0x28n },
      { start: 0x30n, end: 0x40n },
    ]);
  });
});

describe("a name that a process gives to its modules", () => {
  const region = (baseAddr: bigint, regionTypeName: string) => ({
    baseAddr,
    endAddr: baseAddr + 0x1000n,
    head: { regionTypeName },
  });
  const module = (path: string, baseAddr: bigint) => ({ path, baseAddr, moduleSize: 0x1000n });
  const hostile: NamedMemory = {
    modules: [
      module("/tmp/stack", 0xa_0000n),
      module("/tmp/60000000-60001000", 0xb_0000n),
      module("60000000+0x1000", 0xc_0000n),
      module("/bin/dd", 0xd_0000n),
      module("/lib/app", 0xe_0000n),
      module("/tmp/app+0x10", 0xf_0000n),
      module("libc.so.6", 0x10_0000n),
      module("/usr/lib/libc.so.6", 0x11_0000n),
      module("/tmp/mapped", 0x12_0000n),
      module("/tmp/file", 0x13_0000n),
      module("/tmp/heap", 0x14_0000n),
      module("dec:65536-dec:65552", 0x15_0000n),
    ],
    regions: [region(0x6000_0000n, "stack"), region(0x7000_0000n, "mapped file")],
  };

  it.each([
    ["stack", 0x6000_0000n, 0x6000_1000n],
    ["60000000-60001000", 0x6000_0000n, 0x6000_1000n],
    ["60000000+0x1000", 0x6000_0000n, 0x6000_1000n],
    ["stack+16", 0x6000_0000n, 0x6000_0010n],
    ["mapped-file", 0x7000_0000n, 0x7000_1000n],
    ["/tmp/stack", 0xa_0000n, 0xa_1000n],
    ["/bin/dd", 0xd_0000n, 0xd_1000n],
  ])("leaves the range %s what it is", (word, start, end) => expect(rangesOf(word, hostile)).toEqual([{ start, end }]));

  it("leaves numbers and types what they are where one address is asked for", () => {
    expect([addressOf("dd", hostile), rangeNamed("dd", hostile)]).toEqual([0xddn, undefined]);
    expect(rangeNamed("stack", hostile)).toEqual({ start: 0x6000_0000n, end: 0x6000_1000n });
    expect(addressOf("stack+0x10", hostile)).toBe(0x6000_0010n);
    expect(() => rangesOf("dd", hostile)).toThrow("is no range");
  });

  it("is never taken for a type of region that the capture has no region of", () => {
    expect(() => rangesOf("heap", hostile)).toThrow("no region of the type");
    expect(() => addressOf("heap", hostile)).toThrow("is no address");
    expect(rangeNamed("heap", hostile)).toBeUndefined();
    expect(rangesOf("/tmp/heap", hostile)).toEqual([{ start: 0x14_0000n, end: 0x14_1000n }]);
  });

  it.each(["60000000-60001000", "60000000+0x1000", "dec:65536-dec:65552"])(
    "leaves %s a range where a range stands in place of an address and a length",
    (word) => {
      expect(rangeNamed(word, hostile)).toBeUndefined();
      expect(spanOf(word, hostile)).toEqual(rangesOf(word, hostile)[0]);
    },
  );

  it("is refused where it gives a word a second meaning", () => {
    expect(() => rangeNamed("app+0x10", hostile)).toThrow("can be read in 2 ways");
    expect(() => addressOf("app+0x10", hostile)).toThrow("can be read in 2 ways");
    expect(() => rangesOf("app+0x10", hostile)).toThrow("can be read in 2 ways");
    expect(() => addressOf("libc.so.6", hostile)).toThrow("2 modules have the name");
    expect(rangesOf("libc.so.6", hostile).length).toBe(2);
  });

  it.each([
    ["1ff8+16", 0x1ff8n, 0x2008n],
    ["dec:16+1MiB", 16n, 16n + (1n << 20n)],
    ["1000-2000", 0x1000n, 0x2000n],
    ["stack+0x10+32", 0x6000_0010n, 0x6000_0030n],
    ["stack+0x10-stack+0x20", 0x6000_0010n, 0x6000_0020n],
    ["stack+0x10", undefined, undefined],
    ["1000", undefined, undefined],
    ["dd", undefined, undefined],
  ])("%s in place of an address and a length is the range that it says, or none", (word, start, end) =>
    expect(spanOf(word, hostile)).toEqual(start === undefined ? undefined : { start, end }),
  );
});
