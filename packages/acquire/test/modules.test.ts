/** Which mappings are a module. The lines are those of real processes. */
import { describe, expect, it } from "vitest";
import { modulesOf } from "../src/identity/modules.js";
import { parseMappings } from "../src/proc/mapping.js";

const modules = (text: string) =>
  modulesOf(parseMappings(text)).map(
    ({ path, baseAddr, moduleSize }) => `${path} ${baseAddr.toString(16)} ${moduleSize.toString(16)}`,
  );

describe("modules of a process", () => {
  it("are files with an executable mapping, from their first mapping to their last one, and the vdso", () => {
    const text = `55f898c4d000-55f898c4e000 r--p 00000000 fe:00 1 /tmp/big
55f898c4e000-55f898c4f000 r-xp 00001000 fe:00 1 /tmp/big
55f898c51000-55f898c52000 rw-p 00003000 fe:00 1 /tmp/big
55f8ba5d2000-55f8ba5f3000 rw-p 00000000 00:00 0 [heap]
7f626c300000-7f626c400000 r--p 00000000 fe:00 3 /usr/share/locale/locale.alias
7f626c618000-7f626c61a000 r-xp 00000000 00:00 0 [vdso]
`;
    expect(modules(text)).toEqual(["/tmp/big 55f898c4d000 5000", "[vdso] 7f626c618000 2000"]);
  });

  it("a file that is loaded twice is two modules; a part of it that is mapped once more is no module", () => {
    const text = `00400000-00d00000 r--p 00000000 fe:00 7 /usr/bin/node
00d00000-04000000 r-xp 00900000 fe:00 7 /usr/bin/node
04200000-04300000 rw-p 03e00000 fe:00 7 /usr/bin/node
0e0720000000-0e0720100000 r-xp 01200000 fe:00 7 /usr/bin/node
7f0000000000-7f0000001000 r--p 00000000 fe:00 8 /lib/a.so
7f0000001000-7f0000002000 r-xp 00001000 fe:00 8 /lib/a.so
7f0000100000-7f0000101000 r--p 00000000 fe:00 8 /lib/a.so
7f0000101000-7f0000102000 r-xp 00001000 fe:00 8 /lib/a.so
`;
    expect(modules(text)).toEqual(["/usr/bin/node 400000 3f00000", "/lib/a.so 7f0000000000 2000", "/lib/a.so 7f0000100000 2000"]);
  });
});
