import { describe, expect, it } from "vitest";
import { parseProcMaps } from "../../src/linux/proc-maps.js";

describe("parseProcMaps", () => {
  // Lines that Linux 6.1 wrote; the path with blanks and the line feed as fs/seq_file.c writes them.
  const text = `55d0c0a3e000-55d0c0a40000 r--p 00000000 08:01 1835042                    /usr/bin/a program\\012with a line feed
7f00e90e2000-7f00e9104000 rw-s 00002000 00:0f 7                          /memfd:secrets (deleted)
7ffd3b5d1000-7ffd3b5f2000 rw-p 00000000 00:00 0                          [stack]
7ffd3b5f5000-7ffd3b5f9000 ---p 00000000 00:00 0 
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

  it("reads addresses, permissions, offset, device, inode and path of each line", () => {
    const ranges = parseProcMaps(text);
    expect(ranges).toHaveLength(5);
    expect(ranges[0]).toMatchObject({
      ...{ start: 0x55d0c0a3e000n, end: 0x55d0c0a40000n, readable: true, writable: false, executable: false, shared: false },
      ...{ offset: 0n, device: "08:01", inode: 1835042n, path: "/usr/bin/a program\\012with a line feed", deleted: false },
    });
    expect(ranges[1]).toMatchObject({ shared: true, writable: true, offset: 0x2000n, path: "/memfd:secrets", deleted: true });
    expect(ranges.slice(2).map(({ path }) => path)).toEqual(["[stack]", "", "[vsyscall]"]);
    expect(ranges[4]).toMatchObject({ end: 0xffffffffff601000n, executable: true, readable: false });
    expect(ranges.map(({ line }) => `${line}\n`).join("")).toBe(text);
  });

  it("keeps every character of a path but the line feed: CR, U+2028 and U+2029 end no line", () => {
    const [range, ...others] = parseProcMaps("1000-2000 r--p 00000000 00:00 5 /a\rb\u2028c\u2029d\n");
    expect([range?.path, others]).toEqual(["/a\rb\u2028c\u2029d", []]);
    const [deleted] = parseProcMaps("1000-2000 r--p 00000000 00:00 5 /a\rb (deleted)\n");
    expect(deleted).toMatchObject({ path: "/a\rb", deleted: true });
  });

  it.each([
    ["55d0c0a3e000 r--p 00000000 08:01 1", "expected START-END PERMISSIONS"],
    ["2000-1000 r--p 00000000 08:01 1", "an end above the start"],
    ["1000-10000000000001000 r--p 00000000 08:01 1", "at most 2^64"],
    ["1000-3000 r--p 0 00:00 0\n2000-4000 r--p 0 00:00 0", "Line 2 of the maps"],
    ["1000-3000 rq-p 0 00:00 0", "Line 1 of the maps"],
  ])("refuses %j", (line, message) => {
    expect(() => parseProcMaps(line)).toThrow(
      expect.objectContaining({ code: "bad-value", message: expect.stringContaining(message) }),
    );
  });
});
