/** A capture beside the core that gcore makes of the same stopped process: byte for byte, and every difference explained. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { captured } from "./support/captured.js";
import { ElfCore } from "./support/elf-core.js";
import { keepHugePages } from "./support/huge-pages.js";
import { CAN_CAPTURE, hasProgram, type Planted, stateOf, Targets } from "./support/target.js";

const PAGE = 4096n;
const EQUAL = "the same bytes";
const LACKS = "gcore lacks it";
const UNTOUCHED = "gcore has zeros for a page that nobody touched";
const OF_FILE = "gcore has bytes of the file";
const BESIDE_GUARD = "gcore has zeros beside a page that cannot be read";
const UNREADABLE = "nobody can read it";
/** Runs that gcore stores of a mapping nobody touched are compared by samples: it stores gibibytes of zeros. */
const MOST_PAGES = 8192n;

describe.runIf(CAN_CAPTURE && (process.env["CI"] === "true" || hasProgram("gcore")))("beside gcore", () => {
  const targets = new Targets();
  const hasHugePages = keepHugePages(4);
  afterAll(async () => {
    if (hasHugePages) keepHugePages(-4);
    targets.remove();
  });

  // The mapping of a tebibyte would make gcore write a file of that size.
  it.each([
    { name: "every-kind", words: ["small"] },
    { name: "odd-kinds", words: ["-"] },
  ] as const)(
    "has the same bytes wherever both have a page, and every other page is explained: $name",
    async ({ name, words }) => {
      const target = await targets.start(name, targets.newFolder(`${name}-files`), ...words);
      process.kill(target.pid, "SIGSTOP");
      while (stateOf(target.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
      const { report, bytes } = await captured(target.pid, { freeze: true, dontDump: true });
      expect(report.freeze).toEqual({ method: "before", stoppedMs: 0, wentOn: false });
      expect(stateOf(target.pid)).toBe("T");
      const prefix = join(targets.folder, "core");
      execFileSync("gcore", ["-o", prefix, String(target.pid)], { stdio: "ignore" });
      const core = new ElfCore(`${prefix}.${target.pid}`);
      const capture = await openCapture(bytes);
      /** What was found for the pages of each planted mapping, and for those of other regions by their type. */
      const found = new Map<string, Set<string>>();
      for (const region of await capture.regions()) {
        const type = region.head.regionTypeName;
        for await (const { start, end, state } of capture.memory.states(region.baseAddr, region.endAddr)) {
          for (let at = start; at < end && at < start + MOST_PAGES * PAGE; at += PAGE) {
            const of = [...target.planted.values()].find((one) => isIn(at, one))?.name ?? `${type}, the rest`;
            const theirs = core.bytesAt(at, Number(PAGE));
            const ours = state === "captured" ? (await capture.memory.read(at, Number(PAGE))).bytes() : undefined;
            const outcome = outcomeOf(ours, theirs, state);
            if (outcome !== undefined) found.set(of, (found.get(of) ?? new Set()).add(outcome));
          }
        }
      }
      core.close();
      target.end();
      for (const [of, outcomes] of found) {
        const planted = target.planted.get(of);
        // Older kernels have no guard pages.
        const isUnguarded = of.startsWith("guarded") && !planted?.pages.includes("-");
        const expected = isUnguarded ? [EQUAL] : (EXPLAINED[of] ?? []);
        if (planted) expect([of, ...[...outcomes].sort()]).toEqual([of, ...[...expected].sort()]);
        else for (const outcome of outcomes) expect([of, ...expected]).toContain(outcome);
      }
      const missing = [...target.planted.keys()].filter((one) => !found.has(one));
      expect(missing).toEqual(name === "odd-kinds" && target.planted.has("device") ? ["device"] : []);
    },
  );
});

/** What a page is in the capture and in the core; undefined if neither has it. */
function outcomeOf(ours: Uint8Array | undefined, theirs: Buffer | undefined, state: string): string | undefined {
  const isZero = theirs?.every((byte) => byte === 0);
  if (ours && theirs) {
    if (Buffer.compare(theirs, ours) === 0) return EQUAL;
    return isZero ? BESIDE_GUARD : "other bytes";
  }
  if (ours) return LACKS;
  if (!theirs) return state === "failed" ? UNREADABLE : undefined;
  return isZero ? UNTOUCHED : OF_FILE;
}

function isIn(at: bigint, planted: Planted | undefined): boolean {
  return planted !== undefined && planted.address <= at && at < planted.address + planted.bytes;
}

/**
 * gcore follows coredump_filter: it leaves out pages of files that nobody changed, except those of an ELF file's first page, shared files, and what is excluded
 * from core dumps. It stores pages that were never touched: as zeros, or as the bytes of their file, which its reading brings into memory. Where one
 * page cannot be read, it writes zeros for the whole piece that it was reading.
 */
const EXPLAINED: Readonly<Record<string, readonly string[]>> = {
  // Mappings of the targets: all of this, and nothing else.
  ...{ anonymous: [EQUAL], sparse: [EQUAL, UNTOUCHED], protected: [EQUAL], dontdump: [LACKS] },
  ...{ guarded: [BESIDE_GUARD, UNTOUCHED], shared: [EQUAL], memfd: [EQUAL, UNTOUCHED] },
  ...{ "private-file": [EQUAL, OF_FILE], "shared-file": [LACKS], "deleted-file": [EQUAL], "behind-end-of-file": [LACKS] },
  ...{ huge: [EQUAL], hugetlbfs: [EQUAL], executable: [EQUAL], heap: [EQUAL] },
  ...{ swapped: [EQUAL], "huge-anonymous": [EQUAL, UNTOUCHED], sealed: [EQUAL], secret: [UNREADABLE] },
  ...{
    "guarded-file": [BESIDE_GUARD, UNTOUCHED],
    unserved: [BESIDE_GUARD, UNTOUCHED],
    "unserved-shared": [BESIDE_GUARD, UNTOUCHED],
  },
  // The rest of the process, by region type: some of this.
  ...{ "stack, the rest": [EQUAL, UNTOUCHED], "image, the rest": [EQUAL, LACKS, OF_FILE, UNTOUCHED] },
  ...{ "mapped file, the rest": [LACKS, OF_FILE], "shared memory, the rest": [EQUAL], "other, the rest": [UNTOUCHED] },
  ...{ "heap, the rest": [EQUAL, UNTOUCHED], "anonymous, the rest": [EQUAL, UNTOUCHED] },
};
