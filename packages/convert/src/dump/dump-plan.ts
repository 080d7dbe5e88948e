/** What the capture of a dump is going to hold, counted before its first byte: Note of Import Provenance, block 0, says what was filled and lost. */
import { MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, counted, sortInSlices, type TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "./dump-notes.js";
import { rowNumbers } from "./dump-regions.js";
import { HeldBytes } from "./held-bytes.js";
import { nextSlice } from "./next-slice.js";
import type { ProcessDump } from "./process-dump.js";
import { gapsOf, isCaptured, pageSizeFor, storedSpans } from "./region-pages.js";
import { settleStates } from "./settled-states.js";

/** Pages, and bytes of address space, in one state. */
export interface StateCount {
  readonly pages: number;
  readonly bytes: bigint;
}

/** The pages of a capture by state. */
export interface PageCounts {
  readonly captured: StateCount;
  readonly failed: StateCount;
  readonly unmapped: StateCount;
}

/** Bounds of what is written: a hostile dump describes far more memory than it has. */
export interface DumpLimits {
  /** Bytes of captured pages. */
  readonly outputLimit: number;
  /** Bytes of page-state maps, which describe four pages each. */
  readonly pageMapLimit: number;
  /** Parts of shared pages that are stored with more than one region. */
  readonly regionLimit: number;
}

export interface DumpPlan {
  /** Memory Regions to be written; large ones count once. */
  readonly regions: number;
  readonly counts: PageCounts;
  /** Zeros in captured pages of which the dump has a part only. */
  readonly filledBytes: number;
  /** What the rest of pages is filled with. */
  readonly held: HeldBytes;
}

const PAGES_PER_MAP_BYTE = 4;
/** Work of a region, in units of `TimeSlice`. */
const UNITS_PER_REGION = 8;

/** Settles the states of absent pages, counts what `dump` becomes, and tells `notes` what is not as the dump has it. Throws `limit` and `aborted`. */
export async function planOf(
  dump: ProcessDump,
  notes: DumpNotes,
  limits: DumpLimits,
  signal: AbortSignal | undefined,
): Promise<DumpPlan> {
  const slice = await nextSlice(signal);
  const counts = { captured: { pages: 0, bytes: 0n }, failed: { pages: 0, bytes: 0n }, unmapped: { pages: 0, bytes: 0n } };
  await settleStates(dump.regions, dump.pageSize, notes, signal);
  const held = await HeldBytes.of(dump.regions, dump.pageSize, signal);
  let [written, filledBytes, outputBytes] = [0, 0, 0];
  let [sharedParts, sharedBytes] = [0, 0];
  const zeros: { from: bigint; to: bigint }[] = [];
  for (let row = 0; row < dump.regions.length; row++) {
    if (slice.isSpent(UNITS_PER_REGION)) await slice.renew();
    const { start, size } = dump.regions.region(row);
    const pageSize = pageSizeFor(size, dump.pageSize);
    if (!fitsAddressSpace(start, size, pageSize)) notes.damage(leftOutText(start, size, pageSize));
    for (const { pageSizeLog2, spans } of storedSpans(dump.regions, row, dump.pageSize)) {
      written++;
      for (const span of spans) {
        if (slice.isSpent()) await slice.renew();
        const count = counts[span.state];
        const bytes = span.pages << BigInt(pageSizeLog2);
        count.pages += Number(span.pages);
        count.bytes += bytes;
        if (!isCaptured(span)) continue;
        let filled = 0;
        for (const { from, to } of gapsOf(span, dump.regions, BigInt(pageSize))) {
          let at = from;
          for (const { length, offset } of held.pieces(from, to)) {
            if (slice.isSpent()) await slice.renew();
            const start = at;
            at += BigInt(length);
            if (offset === undefined) {
              filled += length;
              const last = zeros.at(-1);
              if (last?.to === start) last.to = at;
              else if (zeros.length <= FILLED_LISTED) zeros.push({ from: start, to: at });
            } else {
              sharedBytes += length;
              if (++sharedParts > limits.regionLimit) throw tooManyShared(limits.regionLimit);
            }
          }
        }
        filledBytes += filled;
        outputBytes += Number(bytes);
      }
    }
    requireLimits(outputBytes, counts, limits);
  }
  if (filledBytes > 0) notes.assume(filledText(filledBytes, zeros));
  if (sharedBytes > 0) notes.assume(`${sharedBytes} bytes of pages that regions share are stored with each of these regions`);
  await noteOverlaps(dump, notes, slice);
  return { regions: written, counts, filledBytes, held };
}

function tooManyShared(limit: number): MslError {
  return new MslError("limit", `The regions of the dump share pages in more than ${limit} places; raise the option regionLimit`);
}

function leftOutText(start: bigint, size: bigint, pageSize: number): string {
  const kept = ((ADDRESS_SPACE_END - start) / BigInt(pageSize)) * BigInt(pageSize);
  return `${size - kept} bytes of a page that would pass 2^64, the end of all addresses`;
}

/** Ranges of zeros that the sentence about filled pages names. */
const FILLED_LISTED = 8;

function filledText(bytes: number, zeros: readonly { readonly from: bigint; readonly to: bigint }[]): string {
  const ranges = zeros.slice(0, FILLED_LISTED).map(({ from, to }) => `0x${from.toString(16)}-0x${to.toString(16)}`);
  const more = zeros.length > FILLED_LISTED ? " and more" : "";
  return `${bytes} bytes of pages of which the dump has a part only are zeros: ${ranges.join(", ")}${more}`;
}

function requireLimits(outputBytes: number, counts: PageCounts, limits: DumpLimits): void {
  if (outputBytes > limits.outputLimit) {
    const found = `The dump describes more than ${limits.outputLimit} bytes of memory with content, many times what it has`;
    throw new MslError("limit", `${found}; raise the option outputLimit`);
  }
  const pages = counts.captured.pages + counts.failed.pages + counts.unmapped.pages;
  if (pages / PAGES_PER_MAP_BYTE > limits.pageMapLimit) {
    throw new MslError(
      "limit",
      `The page states of the dump take more than ${limits.pageMapLimit} bytes; raise the option pageMapLimit`,
    );
  }
}

/** Tells that regions overlap: readers decide from which one an address is read. */
async function noteOverlaps({ regions }: ProcessDump, notes: DumpNotes, slice: TimeSlice): Promise<void> {
  const rows = rowNumbers(regions.length);
  const order = await sortInSlices(rows, (a, b) => regions.startOf(a) < regions.startOf(b), slice);
  let [end, overlaps, first] = [0n, 0, 0n];
  for (const row of order) {
    if (slice.isSpent()) await slice.renew();
    const { start, size } = regions.region(row);
    if (start < end) first = overlaps++ === 0 ? start : first;
    if (start + size > end) end = start + size;
  }
  if (overlaps > 0)
    notes.assume(
      `${counted(overlaps, "regions")} with addresses of others, the first one at 0x${first.toString(16)}; all are kept`,
    );
}

/** Whether a capture can hold the region: with a start that is not at the border of a page, its last page may pass 2^64. */
export function fitsAddressSpace(start: bigint, size: bigint, pageSize: number): boolean {
  const page = BigInt(pageSize);
  return start + ((size + page - 1n) / page) * page <= ADDRESS_SPACE_END;
}
