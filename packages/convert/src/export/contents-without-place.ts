/** What a capture has beside memory and an export cannot hold: told, so that nobody takes the output for the whole capture. */
import { BLOCK_TYPE, BlockType, type Capture } from "@memslice/msl";
import type { ExportOptions } from "./export-options.js";
import type { ExportNotes, ExportTarget } from "./export-report.js";

/** Kinds of blocks that dumps of other formats have no place for, or only for a part. */
const WITHOUT_PLACE: readonly { readonly type: number; readonly what: string; readonly heldBy?: readonly ExportTarget[] }[] = [
  { type: BlockType.KeyHint, what: "places and bytes of keys: `keys` and `export --to key-log` have them" },
  { type: BlockType.SystemContext, what: "host, operator and case" },
  { type: BlockType.ProcessTable, what: "the other processes" },
  { type: BlockType.ConnectionTable, what: "connections" },
  { type: BlockType.HandleTable, what: "open files and handles", heldBy: ["minidump"] },
  { type: BlockType.ConnectivityTable, what: "routes, neighbours and interfaces" },
  { type: BlockType.RelatedDump, what: "dumps of related processes" },
  { type: BlockType.ImportProvenance, what: "where the capture was imported from" },
];

/** Adds a note for each kind of block that the capture has and the format does not hold. */
export function tellContentsWithoutPlace(capture: Capture, target: ExportTarget, notes: ExportNotes): void {
  for (const { type, what, heldBy } of WITHOUT_PLACE) {
    if (heldBy?.includes(target) || capture.blocks.ofType(type).next().done) continue;
    notes.add("no place", BLOCK_TYPE.names[type] ?? String(type), `The capture has ${what}`);
  }
  notes.add(
    "no place",
    "Integrity",
    "The hash chain of the capture does not cover the output: verify the capture, and record a digest of the output",
  );
}

/** Adds a note if the caller asked for a part of the memory: the output alone does not tell it from a capture of that part. */
export function tellSelection({ ranges }: ExportOptions, notes: ExportNotes): void {
  if (ranges === undefined) return;
  notes.add(
    "no place",
    "Ranges",
    `Only memory in ${ranges.length} ranges of addresses was asked for; the output does not say so`,
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
