/** `exportElfCore`: a capture as an ELF core, for gdb, lldb, readelf, radare2, Ghidra and volatility3. */
import { ARCH_TYPE, type Capture, codeName, type SinkInput } from "@memslice/msl";
import { requireOptions, sinkOf, TimeSlice } from "@memslice/msl/work";
import {
  type CoreLayout,
  type CoreSegment,
  coreHeader,
  coreLayout,
  encodeSegment,
  noteHeader,
  SegmentPlaces,
} from "../elf/core-layout.js";
import { CORE_REGISTERS } from "../elf/core-registers.js";
import { ELF, ELF_MACHINES, type ElfBits } from "../elf/elf-structures.js";
import { auxvNote, fileNote, type ProcessFacts, processFacts, psInfoNote } from "../elf/process-notes.js";
import type { CoreForm } from "../elf/thread-notes.js";
import type { StructureOrder } from "../structures/structure.js";
import { appendCaptured } from "./captured-bytes.js";
import { tellContentsWithoutPlace, tellMissing } from "./contents-without-place.js";
import { ExportedThreads } from "./elf-threads.js";
import { ELF_CORE, type ElfCoreOptions } from "./export-options.js";
import { ExportNotes, type ExportReport } from "./export-report.js";
import { MemoryRows } from "./memory-rows.js";
import { Output } from "./output.js";

/** Program headers that are encoded at once. */
const HEADERS_AT_ONCE = 1024;
/** x86 and ARM32 have user ids of 16 bits in NT_PRPSINFO. */
const UGID_16: ReadonlySet<number> = new Set([0, 3]);

/**
 * Writes the capture as an ELF core to `sink`, which it closes, and reports what the core has and lacks. Memory that was not captured is a PT_LOAD of file size 0:
 * no hole becomes zeros. The offsets of everything are computed before the first byte is written; of memory, at most some MiB are held.
 *
 * Throws `usage` for wrong options; `changed` if the capture changes meanwhile; `aborted`; what reading the capture throws; and `sink`.
 */
export async function exportElfCore(capture: Capture, sink: SinkInput, options: ElfCoreOptions = {}): Promise<ExportReport> {
  requireOptions(ELF_CORE, options);
  const { signal, onProgress, madeUpThread = false } = options;
  const target = sinkOf(sink);
  try {
    const notes = new ExportNotes();
    const rows = await MemoryRows.of(capture, signal);
    const facts = await processFacts(capture, notes, signal);
    const machine = machineOf(capture, facts, options.byteOrder, notes);
    const registers = CORE_REGISTERS.get(capture.header.archType);
    const form = registers && { bits: machine.bits, order: machine.order, registers };
    const threads = await ExportedThreads.of(capture, form, facts, { madeUpThread, notes, signal });
    const ofProcess = processNotes(facts, { ...machine, registers }, capture.header.archType, notes);
    const notesSize =
      ofProcess.before.length + (threads?.size ?? 0) + ofProcess.after.reduce((size, { length }) => size + length, 0);
    const plan = await CorePlan.of(rows, (count) => coreLayout(machine, count, notesSize), notes, signal);
    tellContentsWithoutPlace(capture, "elf-core", notes);
    tellStates(rows, notes);
    await tellMissing(capture, rows.memory, rows.salvaged, notes, signal);

    const output = new Output(target, { size: plan.size, signal, onProgress });
    await output.append(coreHeader(plan.layout));
    if (notesSize > 0) await output.append(noteHeader(plan.layout));
    await plan.appendHeaders(output, signal);
    await output.padTo(plan.layout.notes.offset);
    await output.append(ofProcess.before);
    for await (const note of threads?.encoded(signal) ?? []) await output.append(note);
    for (const note of ofProcess.after) await output.append(note);
    await plan.appendMemory(capture, output, signal);
    await output.end();
    await capture.memory.requireUnchanged();
    return {
      target: "elf-core",
      size: output.offset,
      memory: { ...rows.memory, captured: plan.captured },
      segments: plan.segments,
      threads: threads?.count ?? 0,
      modules: ofProcess.modules,
      notes: notes.list,
      complete: notes.complete,
    };
  } finally {
    await target.close?.();
  }
}

interface Machine {
  readonly machine: number;
  readonly bits: ElfBits;
  readonly order: StructureOrder;
}

/** The machine by ArchType; its byte order, where the processor has both, as an ELF header in memory has it. */
function machineOf(capture: Capture, { modules }: ProcessFacts, asked: StructureOrder | undefined, notes: ExportNotes): Machine {
  const { archType } = capture.header;
  const known = ELF_MACHINES.find((one) => one.archType === archType);
  const [seen] = modules.flatMap(({ image }) => (image ? [image] : []));
  if (!known) {
    const name = codeName(ARCH_TYPE, archType);
    const basis = seen ? `as the ELF header at 0x${seen.base.toString(16)} has it` : "64 bits, little-endian, e_machine 0";
    notes.add("assumed", "e_machine", `The architecture of the capture is ${name}; the core is ${basis}`);
    return { machine: seen?.machine ?? 0, bits: seen?.bits ?? 64, order: asked ?? seen?.order ?? "little" };
  }
  const found = known.order ?? asked ?? seen?.order;
  if (!found)
    notes.add(
      "assumed",
      "e_ident",
      `${codeName(ARCH_TYPE, archType)} has two byte orders; the core is little-endian (option byteOrder)`,
    );
  return { machine: known.machine, bits: known.bits, order: found ?? "little" };
}

/** The notes before those of threads, and behind them: the order of gdb and of the kernel. */
function processNotes(
  facts: ProcessFacts,
  { bits, order, registers }: Machine & { readonly registers: CoreForm["registers"] | undefined },
  archType: number,
  notes: ExportNotes,
) {
  const form = { bits, order, registers: registers ?? NO_REGISTERS };
  const files = fileNote(facts, form, notes);
  const auxv = auxvNote(facts, form, notes);
  return {
    before: psInfoNote(facts, form, UGID_16.has(archType), notes),
    after: [auxv, files?.bytes].filter((note) => note !== undefined),
    modules: files?.modules ?? 0,
  };
}

function tellStates({ memory }: MemoryRows, notes: ExportNotes): void {
  if (memory.failed > 0n && memory.unmapped > 0n)
    notes.add(
      "no place",
      "PageStates",
      `${memory.failed} bytes could not be read and ${memory.unmapped} were not mapped any more: the core has both as not dumped`,
    );
  notes.add("no place", "MemoryRegion", "Types of regions, page sizes, times of regions, guard pages and copy on write");
}

/** The segments of a core, which rows are made into in the same way for each pass. */
class CorePlan {
  readonly #rows: MemoryRows;
  readonly layout: CoreLayout;
  readonly segments: number;
  readonly size: bigint;
  /** Bytes of memory in the file. */
  readonly captured: bigint;

  private constructor(rows: MemoryRows, layout: CoreLayout, totals: { segments: number; size: bigint; captured: bigint }) {
    this.#rows = rows;
    this.layout = layout;
    this.segments = totals.segments;
    this.size = totals.size;
    this.captured = totals.captured;
  }

  static async of(
    rows: MemoryRows,
    layoutFor: (segments: number) => CoreLayout,
    notes: ExportNotes,
    signal: AbortSignal | undefined,
  ): Promise<CorePlan> {
    const slice = new TimeSlice(signal);
    let segments = 0;
    const { bits } = layoutFor(0);
    for (const row of rows) {
      if (slice.isSpent()) await slice.renew();
      if (row.end <= 1n << BigInt(bits)) segments++;
      else
        notes.add(
          "left out",
          "PT_LOAD",
          `Memory at 0x${row.start.toString(16)} lies above the addresses that a core of 32 bits can hold`,
        );
    }
    const layout = layoutFor(segments);
    const plan = new CorePlan(rows, layout, { segments, size: 0n, captured: 0n });
    let [size, captured] = [layout.memory, 0n];
    for (const { segment, offset, isCut } of plan.#placed()) {
      if (slice.isSpent()) await slice.renew();
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
    return new CorePlan(rows, layout, { segments, size, captured });
  }

  /** The segments with their places in the file. `isCut`: its bytes are left out, since the file cannot have them. */
  *#placed(): Generator<{ segment: CoreSegment; offset: bigint; isCut: boolean }, void, undefined> {
    const places = new SegmentPlaces(this.layout);
    const most = 1n << BigInt(this.layout.bits);
    for (const row of this.#rows) {
      if (row.end > most) continue;
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
    for (const { segment, offset } of this.#placed()) {
      if (slice.isSpent(2)) await slice.renew();
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

  *#segments(): Generator<CoreSegment, void, undefined> {
    for (const { segment } of this.#placed()) yield segment;
  }
}

const PAGE = 4096n;
const NO_REGISTERS: CoreForm["registers"] = { general: { owner: "CORE", type: 1, size: 0, registers: [] }, others: [] };
