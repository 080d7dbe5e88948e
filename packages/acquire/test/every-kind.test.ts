/** A process with every kind of memory: its pages, region types, protections, and what is left out. */
import { type Capture, openCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captured, pagesIn } from "./support/captured.js";
import { CAN_CAPTURE, residentKib, type Target, Targets } from "./support/target.js";

describe.runIf(CAN_CAPTURE)("a process with every kind of memory", () => {
  const targets = new Targets();
  let target: Target;
  beforeAll(async () => {
    target = await targets.start("every-kind", targets.newFolder("files"));
  });
  afterAll(() => targets.remove());

  const plantedPages = (without: readonly string[] = []) =>
    [...target.planted.values()].filter(({ name }) => !without.includes(name)).map(({ name, pages }) => `${name} ${pages}`);
  const capturedPages = async (capture: Capture, without: readonly string[] = []) => {
    const planted = [...target.planted.values()].filter(({ name }) => !without.includes(name));
    return Promise.all(planted.map(async (one) => `${one.name} ${await pagesIn(capture, one)}`));
  };
  const regionAt = async (capture: Capture, name: string) => {
    const { address = 0n } = target.planted.get(name) ?? {};
    return (await capture.regions()).find((region) => region.baseAddr <= address && address < region.endAddr);
  };

  it.each([[{}], [{ freeze: true }], [{ compression: "zstd", threads: 2 }], [{ hashAlgo: "SHA-256" }]] as const)(
    "has every page with its bytes, and no page that the process does not have: %j",
    async (options) => {
      const { report, bytes } = await captured(target.pid, options);
      const capture = await openCapture(bytes);
      expect(await capturedPages(capture, ["dontdump"])).toEqual(plantedPages(["dontdump"]));
      expect(report).toMatchObject({ consistent: true, complete: true, targetEnded: false, changes: [] });
      const { captured: pages } = await capture.memory.extent();
      expect(pages).toBe(BigInt(report.pages.captured) * 4096n);
    },
  );

  it("does not make the process grow, and costs little for a tebibyte that is only reserved", async () => {
    const before = residentKib(target.pid);
    const { bytes } = await captured(target.pid);
    expect(Math.abs(residentKib(target.pid) - before) / before).toBeLessThan(0.01);
    expect(bytes.length).toBeLessThan(16 * 1024 * 1024);
  });

  it("leaves out what the process excludes from core dumps, and says so, unless it is asked for", async () => {
    const { address = 0n, bytes: length = 0n } = target.planted.get("dontdump") ?? {};
    const { report, bytes } = await captured(target.pid);
    expect(report.leftOut).toContainEqual(expect.objectContaining({ start: address, end: address + length, reason: "dontdump" }));
    const extent = await (await openCapture(bytes)).memory.extent(address, address + length);
    expect(extent).toEqual({ captured: 0n, failed: 0n, unmapped: 0n, missing: 0n });
    const all = await openCapture((await captured(target.pid, { dontDump: true })).bytes);
    expect(await capturedPages(all)).toEqual(plantedPages());
  });

  it("reads pages of files that the process has not touched if they are asked for", async () => {
    const capture = await openCapture((await captured(target.pid, { filePages: true })).bytes);
    const pages = async (name: string) =>
      pagesIn(capture, target.planted.get(name) ?? { name, address: 0n, bytes: 0n, pages: "" });
    expect(await pages("private-file")).toBe("1x40 1x41 2x1a 1x44 1x45 1x46 1x47");
    expect(await pages("memfd")).toBe("4x19 4x00");
    expect(await pages("behind-end-of-file")).toBe("2x1d 2xfailed");
  });

  it("gives regions their type and protection", async () => {
    const capture = await openCapture((await captured(target.pid, { dontDump: true })).bytes);
    const kinds = [];
    for (const name of target.planted.keys()) {
      const region = await regionAt(capture, name);
      if (name !== "hugetlbfs") kinds.push(`${name}: ${region?.head.regionTypeName}, ${region?.head.protection}`);
    }
    expect(kinds).toEqual([
      "anonymous: anonymous, 3",
      "sparse: anonymous, 3",
      "reserved: anonymous, 0",
      "reserved-and-used: anonymous, 3",
      "protected: anonymous, 3",
      "dontdump: anonymous, 3",
      "guarded: anonymous, 3",
      "shared: shared memory, 3",
      "memfd: shared memory, 3",
      "private-file: mapped file, 19",
      "shared-file: mapped file, 3",
      "deleted-file: mapped file, 19",
      "behind-end-of-file: mapped file, 3",
      "huge: anonymous, 3",
      "executable: anonymous, 7",
      "heap: heap, 3",
    ]);
  });

  it("records the pages of [vvar] and [vsyscall] as unmapped without trying them, and the [vdso] as an image", async () => {
    const capture = await openCapture((await captured(target.pid)).bytes);
    const regions = await capture.regions();
    const others = regions.filter(({ head }) => head.regionTypeName === "other");
    expect(others.length).toBeGreaterThan(0);
    for (const region of others) {
      const { unmapped, ...rest } = (await region.pages()).tally();
      expect(rest).toEqual({ captured: 0, failed: 0, reserved: 0 });
      expect(unmapped).toBeGreaterThan(0);
    }
    const vdso = (await capture.modules()).find(({ path }) => path === "[vdso]");
    expect(regions.find(({ baseAddr }) => baseAddr === vdso?.baseAddr)?.head.regionTypeName).toBe("image");
  });

  it("captures what changes most first", async () => {
    const capture = await openCapture((await captured(target.pid)).bytes);
    const types = (await capture.regions()).map(({ head }) => `${head.regionTypeName}${head.protection & 2 ? " w" : ""}`);
    const last = (type: string) => types.lastIndexOf(type);
    const first = (type: string) => types.indexOf(type);
    expect(types[0]).toBe("stack w");
    expect(last("heap w")).toBeLessThan(first("image w"));
    expect(last("anonymous w")).toBeLessThan(first("shared memory w"));
    expect(last("image w")).toBeLessThan(first("image"));
  });

  it("captures only what is selected, and names the reason for the rest", async () => {
    const { address = 0n } = target.planted.get("anonymous") ?? {};
    const one = await captured(target.pid, { ranges: [{ start: address + 4096n, end: address + 8193n }] });
    const capture = await openCapture(one.bytes);
    expect((await capture.regions()).map(({ baseAddr, endAddr }) => [baseAddr, endAddr])).toEqual([
      [address + 4096n, address + 3n * 4096n],
    ]);
    expect(new Set(one.report.leftOut.map(({ reason }) => reason))).toEqual(new Set(["ranges", "dontdump"]));
    const heap = await captured(target.pid, { paths: ["[heap]"] });
    expect((await (await openCapture(heap.bytes)).regions()).map(({ head }) => head.regionTypeName)).toEqual(["heap"]);
    const executable = await captured(target.pid, { protection: "wx" });
    expect((await (await openCapture(executable.bytes)).regions()).map(({ head }) => head.protection)).toEqual([7]);
    const modified = await openCapture((await captured(target.pid, { onlyModified: true })).bytes);
    expect(await pagesIn(modified, target.planted.get("private-file") ?? { name: "", address: 0n, bytes: 0n, pages: "" })).toBe(
      "2x1a",
    );
    // A file without a name can be read nowhere else.
    const memfd = target.planted.get("memfd");
    expect(memfd && (await pagesIn(modified, memfd))).toMatch(/^4x19/);
    const without = await openCapture((await captured(target.pid, { skipFileBacked: true })).bytes);
    expect((await without.regions()).filter(({ head }) => head.regionTypeName === "mapped file")).toEqual([]);
    // Shared memory without a file is not of a file, whatever the kernel calls it.
    const shared = target.planted.get("shared");
    expect(shared && (await pagesIn(without, shared))).toBe(shared?.pages);
  });
});
