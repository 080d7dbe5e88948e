/** What a capture has beside memory and an export cannot hold: told, so that nobody takes the output for the whole capture. */
import { BlockType, type Capture, type CaptureBlock, type MemoryRange } from "@memslice/msl";
import { counted, overlappedRegions, TimeSlice } from "@memslice/msl/work";
import { RUNS_MOST } from "../own/unmapped-runs.js";
import type { ExportOptions } from "./export-options.js";
import type { ExportedMemory, ExportNotes, ExportTarget } from "./export-report.js";

/** The blocks that an export holds, at least in part. All others are told. */
const HELD: Readonly<Record<ExportTarget, readonly number[]>> = {
  "elf-core": [
    ...[BlockType.MemoryRegion, BlockType.ModuleEntry, BlockType.ModuleListIndex, BlockType.ThreadContext],
    BlockType.ProcessIdentity,
  ],
  minidump: [
    ...[BlockType.MemoryRegion, BlockType.ModuleEntry, BlockType.ModuleListIndex, BlockType.ThreadContext],
    ...[BlockType.ProcessIdentity, BlockType.HandleTable],
  ],
  raw: [BlockType.MemoryRegion],
};

/** What blocks have, in words; others are told by name and number alone. */
const WORDS: Readonly<Record<number, string>> = {
  [BlockType.ModuleEntry]: "modules, of which `extract` writes a table",
  [BlockType.ModuleListIndex]: "the list of modules",
  [BlockType.ThreadContext]: "threads, of which `extract` writes a table",
  [BlockType.ProcessIdentity]: "what the process is",
  [BlockType.KeyHint]: "places and bytes of keys: `keys` and `export --to key-log` have them",
  [BlockType.SystemContext]: "host, operator and case",
  [BlockType.ProcessTable]: "the other processes",
  [BlockType.ConnectionTable]: "connections",
  [BlockType.HandleTable]: "open files and handles",
  [BlockType.RelatedDump]: "dumps of related processes",
  [BlockType.ImportProvenance]: "where the capture was imported from",
  [BlockType.EndOfCapture]: "when the acquisition ended, and FileHash",
};

/** Types without words that are named; more are counted. */
const NAMED_MOST = 32;

/** Adds a note for each type of block that the capture has and the export does not hold, also behind End-of-Capture. Throws what reading a block throws, and `aborted`. */
export async function tellContentsWithoutPlace(
  capture: Capture,
  target: ExportTarget,
  notes: ExportNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const found = new Map<number, { readonly first: CaptureBlock; count: number }>();
  const slice = new TimeSlice(signal);
  for (const block of capture.blocks) {
    if (slice.isSpent()) await slice.renew();
    const known = found.get(block.type);
    if (known) known.count++;
    else found.set(block.type, { first: block, count: 1 });
  }
  let [named, unnamed] = [0, 0];
  for (const [type, { first, count }] of found) {
    if (HELD[target].includes(type)) continue;
    const words = WORDS[type];
    if (!words && ++named > NAMED_MOST) unnamed += count;
    else
      notes.add(
        "no place",
        await first.contentName(signal),
        `${counted(count, "blocks")}${words ? `: ${words}` : " of this type"}`,
      );
  }
  if (unnamed > 0) notes.add("no place", "Blocks", `${counted(unnamed, "blocks")} of other types`);
  notes.add("no place", "Integrity", "The hash chain of the capture does not cover the output: record a digest of the output");
}

/**
 * The sentence about states of pages that were not captured, which other programs do not tell apart. `as`: what the output has them as. `place`: what of memslice has them
 * for imports, such as `a note`. `absence`: `too-many` if the table has no room for all runs, and is left out; `left-out` if it has no place.
 */
export function pageStatesText(
  memory: ExportedMemory,
  as: string,
  place: string,
  absence: "too-many" | "left-out" | undefined,
): string {
  const found = `${memory.failed} bytes are failed and ${memory.unmapped} unmapped: ${as}`;
  if (absence === "left-out") return found;
  return absence === "too-many"
    ? `${found}; ${place} of memslice with the states is missing, since there are more than ${RUNS_MOST} runs of unmapped pages: imports take all for failed`
    : `${found}; ${place} of memslice has the states, which imports read and other programs pass over`;
}

/** Adds a note if the caller asked for a part of the memory: the output alone does not tell it from a capture of that part. */
export function tellSelection({ ranges }: ExportOptions, notes: ExportNotes): void {
  if (ranges === undefined) return;
  notes.add(
    "no place",
    "Ranges",
    `Only memory in ${counted(ranges.length, "ranges")} of addresses was asked for; the output does not say so`,
  );
}

/** The most blocks that a note names. */
const MOST_BLOCKS = 5;

/** Adds a note if regions in the ranges share addresses: the output has one byte for an address, and the captured bytes of the other regions are not in it. */
export async function tellOverlaps(
  { memory }: Capture,
  ranges: readonly MemoryRange[],
  notes: ExportNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const blocks = new Set<number>();
  let bytes = 0n;
  for (const { start, end } of ranges) {
    for (const overlapped of await overlappedRegions(memory, start, end, signal)) {
      bytes += overlapped.bytes;
      blocks.add(overlapped.region.block.index);
    }
  }
  if (bytes === 0n) return;
  const named = [...blocks].slice(0, MOST_BLOCKS).join(", ");
  notes.add(
    "no place",
    "Overlaps",
    `${bytes} captured bytes of regions at addresses where another region is preferred (blocks ${named}${blocks.size > MOST_BLOCKS ? ", …" : ""}); the output has one byte for an address`,
  );
}

/** Adds a note for memory that the capture says was captured, and does not have; for blocks that cannot be read; and for a capture that is cut off. */
export async function tellMissing(
  capture: Capture,
  memory: { readonly missing: bigint },
  salvaged: bigint,
  notes: ExportNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (memory.missing > 0n)
    notes.add(
      "missing",
      "MemoryRegion",
      `${memory.missing} bytes were captured, and the capture does not have them: they are holes in the output`,
    );
  for (const { block, problem } of await capture.unreadableRegions(signal))
    notes.add("missing", "MemoryRegion", `The region in block ${block.index} cannot be read: ${problem.message}`);
  if (capture.end.eocIndex === null)
    notes.add("missing", "EndOfCapture", "The capture has no End-of-Capture: what followed its end is missing");
  for (const name of capture.announcedButMissing) notes.add("missing", name, "The header announces it, and no block has it");
  if (salvaged > 0n)
    notes.add(
      "assumed",
      "Salvage",
      `${salvaged} bytes are of regions that were found by searching behind damage: they may be other data that looks like a region`,
    );
}
