/** A process with kinds of memory that need a privilege, a kernel option or a device: swap, huge pages, userfaultfd, secret memory, devices. */
import { spawnSync } from "node:child_process";
import { readFileSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openProcess } from "../src/memory/process-memory.js";
import type { AcquireOptions } from "../src/options.js";
import { captured, pagesIn } from "./support/captured.js";
import { keepHugePages } from "./support/huge-pages.js";
import { CAN_CAPTURE, type Planted, residentKib, type Target, Targets } from "./support/target.js";
import { until } from "./support/tree.js";

/** Type of file system (man 2 statfs): files of it cannot be swap. */
const TMPFS = 0x01021994;
const SWAP_BYTES = 16 * 1024 * 1024;
const PAGE = 4096;

/** Whether the kernel has taken a new file as swap. */
function swapOn(file: string, folder: string): boolean {
  if (process.getuid?.() !== 0 || statfsSync(folder).type === TMPFS) return false;
  writeFileSync(file, new Uint8Array(SWAP_BYTES), { mode: 0o600 });
  return works("mkswap", file) && works("swapon", file);
}

function works(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: "ignore" }).status === 0;
}

describe.runIf(CAN_CAPTURE)("a process with memory of uncommon kinds", () => {
  const targets = new Targets();
  const swap = join(targets.folder, "swap");
  const huge = targets.newFolder("huge");
  const hasSwap = swapOn(swap, targets.folder);
  const hasHugePages = keepHugePages(6);
  const hasHugeFiles = hasHugePages && works("mount", "-t", "hugetlbfs", "none", huge);
  let target: Target;
  beforeAll(async () => {
    target = await targets.start("odd-kinds", targets.newFolder("files"), hasHugeFiles ? huge : "-");
  });
  afterAll(async () => {
    target.end();
    await until(() => target.child.signalCode !== null);
    if (hasHugeFiles) expect(works("umount", huge)).toBe(true);
    if (hasHugePages) keepHugePages(-6);
    if (hasSwap) expect(works("swapoff", swap)).toBe(true);
    targets.remove();
  });

  const planted = (without: readonly string[] = []) => [...target.planted.values()].filter(({ name }) => !without.includes(name));
  const swappedKib = () => Number(/^VmSwap:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${target.pid}/status`, "utf8"))?.[1]);
  const there = (name: string): Planted => {
    const one = target.planted.get(name);
    if (!one) throw new Error(`${name} is not mapped`);
    return one;
  };

  it("has its swapped pages, which reading brings into memory, and grows by nothing else", async () => {
    const before = swappedKib();
    if (hasSwap) expect(before).toBeGreaterThanOrEqual(64 * 4);
    const resident = residentKib(target.pid);
    const memory = await openProcess(target.pid);
    const { address, bytes } = there("swapped");
    // What is swapped counts as there, and is not read to find that out.
    expect(await memory.extent(address, address + bytes)).toMatchObject({ captured: bytes });
    expect(swappedKib()).toBe(before);
    memory.close();
    const capture = await openCapture((await captured(target.pid)).bytes);
    expect(await pagesIn(capture, there("swapped"))).toBe("64x61");
    expect(residentKib(target.pid) - resident).toBeLessThanOrEqual(before - swappedKib());
  });

  it.each<AcquireOptions>([{}, { freeze: true }, { filePages: true }])(
    "has every page with its bytes, and asks for no page that userfaultfd would have to serve: %j",
    async (options) => {
      const { bytes } = await captured(target.pid, options);
      const capture = await openCapture(bytes);
      const found = async ({ name }: Planted) => `${name} ${await pagesIn(capture, there(name))}`;
      const files = ["huge-file", "sealed", "unserved-shared", "guarded-file"];
      const apart = ["secret", "device", ...(options.skipFileBacked ? files : [])];
      // A hole of a file is zeros if it is read.
      const expected = planted(apart).map(({ name, pages }) =>
        options.filePages && name === "huge-file" ? `${name} 512x64 512x00` : `${name} ${pages}`,
      );
      expect(await Promise.all(planted(apart).map(found))).toEqual(expected);
    },
  );

  it("gives regions their type and protection", async () => {
    const capture = await openCapture((await captured(target.pid, { devices: true, dontDump: true })).bytes);
    const regions = await capture.regions();
    const kinds = planted().map(({ name, address }) => {
      const region = regions.find(({ baseAddr, endAddr }) => baseAddr <= address && address < endAddr);
      return [name, region?.head.regionTypeName, region?.head.protection];
    });
    const expected = [
      ["swapped", "anonymous", 3],
      ["unserved", "anonymous", 3],
      ["unserved-shared", "shared memory", 3],
      ["huge-anonymous", "anonymous", 3],
      ["huge-file", "mapped file", 3],
      ["sealed", "shared memory", 1],
      ["secret", "shared memory", 3],
      ["device", "mapped file", 3],
      ["guarded-file", "mapped file", 19],
    ];
    expect(kinds).toEqual(expected.filter(([name]) => target.planted.has(String(name))));
  });

  it("leaves out memory of devices and secret memory; asked for it, says that the kernel lets nobody read it", async () => {
    const { report } = await captured(target.pid);
    const reasonOf = (name: string) => report.leftOut.find(({ start }) => start === there(name).address)?.reason;
    const { report: all, bytes } = await captured(target.pid, { devices: true, dontDump: true });
    const capture = await openCapture(bytes);
    if (target.planted.has("device")) {
      expect(reasonOf("device")).toBe("device");
      expect(await pagesIn(capture, there("device"))).toMatch(/^2x(-|failed)$/);
    }
    if (target.planted.has("secret")) {
      expect(reasonOf("secret")).toBe("dontdump");
      expect(await pagesIn(capture, there("secret"))).toBe(there("secret").pages);
      expect(all).toMatchObject({ complete: false, pages: { failed: expect.any(Number) } });
      expect(all.pages.failed).toBeGreaterThanOrEqual(2);
    }
  });

  it("has all of a stack that grows while the process is captured, and says that it grew", async () => {
    const other = await targets.start("odd-kinds", targets.newFolder("other"), "-");
    const before = residentKib(other.pid);
    const onPlan = () => {
      process.kill(other.pid, "SIGUSR1");
      const end = Date.now() + 10_000;
      while (residentKib(other.pid) < before + 1024 && Date.now() < end);
    };
    const { report, bytes } = await captured(other.pid, { onPlan });
    other.end();
    expect(report.changes[0]).toContainEqual(expect.objectContaining({ change: "added", path: "[stack]" }));
    expect(report.consistent).toBe(true);
    const capture = await openCapture(bytes);
    let filled = 0;
    for (const { head, baseAddr, endAddr } of await capture.regions()) {
      if (head.regionTypeName !== "stack") continue;
      for await (const { start, end } of capture.memory.ranges(baseAddr, endAddr)) {
        const read = (await capture.memory.read(start, Number(end - start))).bytes();
        for (let at = 0; at < read.length; at += PAGE) if (read[at] === 0x6f) filled++;
      }
    }
    expect(filled).toBeGreaterThanOrEqual(255);
  });
});
