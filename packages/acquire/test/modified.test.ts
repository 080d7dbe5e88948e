/** A capture of modified pages: which pages of mapped files it has, and by which rule. */
import { readFileSync, statfsSync } from "node:fs";
import { type Capture, openCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathOfMapping } from "../src/proc/mapped-file.js";
import { parseMappings } from "../src/proc/mapping.js";
import { type Captured, captured, pagesIn } from "./support/captured.js";
import { CAN_CAPTURE, type Planted, type Target, Targets } from "./support/target.js";

/** Type of file system (man 2 statfs). */
const OVERLAYFS = 0x794c7630;
/** The kernel's link for a mapping needs privilege. */
const IS_ROOT = process.getuid?.() === 0;

describe.runIf(CAN_CAPTURE)("a capture of modified pages", () => {
  const targets = new Targets();
  let target: Target;
  let result: Captured;
  let capture: Capture;
  beforeAll(async () => {
    target = await targets.start("modified", targets.newFolder("files"));
    result = await captured(target.pid, { onlyModified: true });
    capture = await openCapture(result.bytes);
  });
  afterAll(() => targets.remove());

  /** The states of all pages of a mapping: pages that are not in the capture are `-`. */
  const withHoles = async (planted: Planted) => {
    const shown: string[] = [];
    let at = planted.address;
    const end = planted.address + planted.bytes;
    const holeUntil = (address: bigint) => address > at && shown.push(`${(address - at) / 4096n}x-`);
    for await (const { start, end: stop } of capture.memory.states(at, end)) {
      holeUntil(start);
      shown.push(await pagesIn(capture, { ...planted, address: start, bytes: stop - start }));
      at = stop;
    }
    holeUntil(end);
    return shown.join(" ");
  };

  it("has of each mapped file the pages with other bytes than the file, and all of a file without a name", async () => {
    const planted = [...target.planted.values()];
    const found = await Promise.all(planted.map(async (one) => `${one.name} ${await withHoles(one)}`));
    expect(found).toEqual(planted.map(({ name, pages }) => `${name} ${pages}`));
  });

  it("says by which rule the modified pages of each mapping were found, and how many copies had the bytes of the file", () => {
    const rules = [...target.planted.values()].map(({ name, address }) => {
      const { rule, copiedPages, equalPages } = result.report.modified?.find(({ start }) => start === address) ?? {};
      return `${name} ${rule} ${copiedPages} ${equalPages}`;
    });
    expect(rules).toEqual([
      "copies compared 5 3",
      "tail compared 1 1",
      "tail-changed compared 1 0",
      "behind compared 1 0",
      "cut compared 1 0",
      "rewritten compared 2 1",
      "deleted whole 0 0",
      "replaced whole 0 0",
      "shared shared 0 0",
      "device page-map 2 0",
      // Needs CAP_NET_RAW.
      ...(target.planted.has("ring") ? ["ring whole 0 0"] : []),
      "large compared 300 298",
    ]);
  });

  it("names each page that it left out, once, with the reason", () => {
    const { address = 0n, bytes = 0n } = target.planted.get("copies") ?? {};
    const left = result.report.leftOut.filter(({ start }) => address <= start && start < address + bytes);
    expect(left.map(({ start, end, reason }) => [Number(start - address) / 4096, Number(end - address) / 4096, reason])).toEqual([
      [0, 1, "not-modified"],
      [1, 2, "same-as-file"],
      [3, 4, "not-modified"],
      [5, 6, "not-modified"],
      [6, 8, "same-as-file"],
    ]);
  });

  it("is complete, and the same of a process that is stopped", async () => {
    expect(result.report.complete).toBe(true);
    const { report } = await captured(target.pid, { onlyModified: true, freeze: true });
    expect(report.modified).toEqual(result.report.modified);
    expect(report.leftOut).toEqual(result.report.leftOut);
  });

  it("finds the file of a mapping by its name if the link of the kernel may not be followed, and only the file that is mapped", () => {
    const mappings = parseMappings(readFileSync(`/proc/${target.pid}/maps`, "utf8"));
    const named = (name: string) => {
      const { address } = target.planted.get(name) ?? {};
      const mapping = mappings.find(({ start }) => start === address);
      if (!mapping) throw new Error(`${name} is not mapped`);
      return mapping;
    };
    const copies = named("copies");
    if (IS_ROOT) expect(pathOfMapping(target.pid, copies)).toMatch(/map_files/);
    // The kernel has no link for a part of a mapping.
    const part = { ...copies, end: copies.end - 4096n };
    // Overlays map files of another file system, so that names do not lead to them.
    const isOverlay = statfsSync(targets.folder).type === OVERLAYFS;
    expect(pathOfMapping(target.pid, part)).toBe(isOverlay ? undefined : `/proc/${target.pid}/root${copies.path}`);
    expect(pathOfMapping(target.pid, { ...part, inode: part.inode + 1n })).toBeUndefined();
    const { path, deleted } = named("replaced");
    expect(deleted).toBe(true);
    expect(pathOfMapping(target.pid, { ...part, path, deleted })).toBeUndefined();
    expect(pathOfMapping(target.pid, { ...part, path, deleted: false })).toBeUndefined();
  });
});
