/** A capture beside the core that gcore makes of the same stopped process: byte for byte, and every difference explained. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { captured } from "./support/captured.js";
import { ElfCore } from "./support/elf-core.js";
import { CAN_CAPTURE, hasProgram, type Planted, stateOf, Targets } from "./support/target.js";

const PAGE = 4096n;
/** Runs that gcore stores of a mapping nobody touched are compared by samples: it stores gibibytes of zeros. */
const MOST_PAGES = 8192n;

describe.runIf(CAN_CAPTURE && (process.env["CI"] === "true" || hasProgram("gcore")))("beside gcore", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("has the same bytes wherever both have a page, and every other page is explained", async () => {
    // The mapping of a tebibyte would make gcore write a file of that size.
    const target = await targets.start("every-kind", targets.newFolder("files"), "small");
    process.kill(target.pid, "SIGSTOP");
    while (stateOf(target.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
    const { report, bytes } = await captured(target.pid, { freeze: true });
    expect(report.freeze).toEqual({ method: "before", stoppedMs: 0, wentOn: false });
    expect(stateOf(target.pid)).toBe("T");
    const prefix = join(targets.folder, "core");
    execFileSync("gcore", ["-o", prefix, String(target.pid)], { stdio: "ignore" });
    const core = new ElfCore(`${prefix}.${target.pid}`);
    const capture = await openCapture(bytes);
    const differences = new Set<string>();
    const note = (difference: string) => differences.add(difference);
    const guarded = target.planted.get("guarded");
    let equal = 0;
    for (const region of await capture.regions()) {
      for await (const { start, end, state } of capture.memory.states(region.baseAddr, region.endAddr)) {
        for (let at = start; at < end && at < start + MOST_PAGES * PAGE; at += PAGE) {
          const theirs = core.bytesAt(at, Number(PAGE));
          const ours = state === "captured" ? (await capture.memory.read(at, Number(PAGE))).bytes() : undefined;
          if (ours && theirs) {
            if (Buffer.compare(theirs, ours) === 0) equal++;
            else if (isIn(at, guarded) && theirs.every((byte) => byte === 0))
              note("gcore has zeros for pages beside a guard page");
            else note(`other bytes at ${at.toString(16)}`);
          } else if (ours) note(`gcore lacks: ${region.head.regionTypeName}, protection ${region.head.protection}`);
          else if (theirs?.every((byte) => byte === 0)) note("gcore has zeros for pages that nobody touched");
          else if (theirs) note(`gcore has bytes of the file: ${region.head.regionTypeName}`);
        }
      }
    }
    core.close();
    expect(equal).toBeGreaterThan(600);
    expect([...differences].sort()).toEqual(EXPLAINED);
    target.end();
  });
});

function isIn(at: bigint, planted: Planted | undefined): boolean {
  return planted !== undefined && planted.address <= at && at < planted.address + planted.bytes;
}

/**
 * gcore follows coredump_filter: it leaves out pages of files that nobody changed, except those of an ELF file's first page, and shared files. It stores pages
 * that were never touched: as zeros, or as the bytes of their file, which its reading brings into memory. Where one page cannot be read, it writes zeros for
 * the whole piece that it was reading.
 */
const EXPLAINED: readonly string[] = [
  "gcore has bytes of the file: image",
  "gcore has bytes of the file: mapped file",
  "gcore has zeros for pages beside a guard page",
  "gcore has zeros for pages that nobody touched",
  "gcore lacks: image, protection 1",
  "gcore lacks: image, protection 5",
  "gcore lacks: mapped file, protection 3",
];
