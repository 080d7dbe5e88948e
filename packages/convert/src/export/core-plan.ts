/** The plan of an ELF core: its segments, and where each of them stands, before a byte is written. */
import type { Capture } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { type CoreLayout, type CoreSegment, encodeSegment, SegmentPlaces } from "../elf/core-layout.js";
import { ELF, type ElfBits } from "../elf/elf-structures.js";
import { appendCaptured } from "./captured-bytes.js";
import type { ExportNotes } from "./export-report.js";
import type { MemoryRow, MemoryRows } from "./memory-rows.js";
import type { Output } from "./output.js";

/** Program headers that are encoded at once. */
const HEADERS_AT_ONCE = 1024;
const PAGE = 4096n;

type Holes = "kept" | "left-out";

/** A segment with its place in the file. `isCut`: its bytes are left out, since the file cannot have them. */
interface PlacedSegment {
  readonly segment: CoreSegment;
  readonly offset: bigint;
  readonly isCut: boolean;
}

/** Rows without a segment for which one undefined stands: some hundred microseconds. */
const ROWS_PASSED = 1024;

/** Work in units of `TimeSlice`. */
function unitsOf(placed: PlacedSegment | undefined): number {
  return placed ? 1 : ROWS_PASSED / 4;
}

/** The segments of a core, which rows are made into in the same way for each pass. */
export class CorePlan {
  readonly #rows: MemoryRows;
  readonly #holes: Holes;
  readonly layout: CoreLayout;
  readonly segments: number;
  readonly size: bigint;
  /** Bytes of memory in the file. */
  readonly captured: bigint;

  private constructor(
    rows: MemoryRows,
    holes: Holes,
    layout: CoreLayout,
    totals: { segments: number; size: bigint; captured: bigint },
  ) {
    this.#rows = rows;
    this.#holes = holes;
    this.layout = layout;
    this.segments = totals.segments;
    this.size = totals.size;
    this.captured = totals.captured;
  }

  static async of(
    rows: MemoryRows,
    layoutFor: (segments: number) => CoreLayout,
    { holes, notes, signal }: { readonly holes: Holes; readonly notes: ExportNotes; readonly signal: AbortSignal | undefined },
  ): Promise<CorePlan> {
    const slice = new TimeSlice(signal);
    let segments = 0;
    const { bits } = layoutFor(0);
    for (const row of fittingRows(rows, bits)) {
      if (slice.isSpent()) await slice.renew();
      if (row.end <= 1n << BigInt(bits)) segments += holes === "kept" || row.captured ? 1 : 0;
      else
        notes.add(
          "left out",
          "PT_LOAD",
          `Memory at 0x${row.start.toString(16)} lies above the addresses that a core of 32 bits can hold`,
        );
    }
    const layout = layoutFor(segments);
    const plan = new CorePlan(rows, holes, layout, { segments, size: 0n, captured: 0n });
    let [size, captured] = [layout.memory, 0n];
    for (const placed of plan.#placed()) {
      if (slice.isSpent(unitsOf(placed))) await slice.renew();
      if (!placed) continue;
      const { segment, offset, isCut } = placed;
      if (isCut)
        notes.add(
          "left out",
          "PT_LOAD",
          `Bytes at 0x${segment.start.toString(16)} are left out: a core of 32 bits has offsets up to 4 GiB`,
        );
      if (!segment.captured) continue;
      captured += segment.end - segment.start;
      size = offset + (segment.end - segment.start);
    }
    return new CorePlan(rows, holes, layout, { segments, size, captured });
  }

  /** The segments with their places in the file. Undefined stands for rows that become no segments: a capture may have a million of them in a row. */
  *#placed(): Generator<PlacedSegment | undefined, void, undefined> {
    const places = new SegmentPlaces(this.layout);
    const most = 1n << BigInt(this.layout.bits);
    let passed = 0;
    for (const row of fittingRows(this.#rows, this.layout.bits)) {
      if (row.end > most || (this.#holes === "left-out" && !row.captured)) {
        if (++passed % ROWS_PASSED === 0) yield undefined;
        continue;
      }
      const isCut = row.captured && places.end + (row.end - row.start) + PAGE >= most;
      const segment = isCut ? { ...row, captured: false } : row;
      yield { segment, offset: places.place(segment), isCut };
    }
  }

  async appendHeaders(output: Output, signal: AbortSignal | undefined): Promise<void> {
    const size = ELF[this.layout.bits].program.size;
    const slice = new TimeSlice(signal);
    const table = new Uint8Array(HEADERS_AT_ONCE * size);
    let count = 0;
    for (const placed of this.#placed()) {
      if (slice.isSpent(2 * unitsOf(placed))) await slice.renew();
      if (!placed) continue;
      const { segment, offset } = placed;
      table.fill(0, count * size, (count + 1) * size);
      encodeSegment(table, count * size, segment, offset, this.layout);
      count++;
      if (count < HEADERS_AT_ONCE) continue;
      await output.append(table);
      count = 0;
    }
    await output.append(table.subarray(0, count * size));
  }

  async appendMemory(capture: Capture, output: Output, signal: AbortSignal | undefined): Promise<void> {
    const offsets = new SegmentPlaces(this.layout);
    const place = async (segment: CoreSegment) => output.padTo(offsets.place(segment));
    await appendCaptured(capture.memory, this.#segments(), output, place, signal);
  }

  *#segments(): Generator<CoreSegment | undefined, void, undefined> {
    for (const placed of this.#placed()) yield placed?.segment;
  }
}

/** The rows, with those of 2^32 bytes in halves for a core of 32 bits: its p_memsz ends at 2^32 - 1. */
function* fittingRows(rows: MemoryRows, bits: ElfBits): Generator<MemoryRow, void, undefined> {
  for (const row of rows) {
    if (bits === 64 || row.end - row.start !== 1n << 32n) {
      yield row;
      continue;
    }
    const middle = row.start + (1n << 31n);
    yield { ...row, end: middle };
    yield { ...row, start: middle, continues: true };
  }
}
