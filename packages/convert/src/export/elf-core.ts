/** `exportElfCore`: a capture as an ELF core, for gdb, lldb, readelf, radare2, Ghidra and volatility3. */
import { ARCH_TYPE, type Capture, codeName, type SinkInput } from "@memslice/msl";
import { requireOptions, sinkOf } from "@memslice/msl/work";
import { coreHeader, coreLayout, noteHeader } from "../elf/core-layout.js";
import { encodeNote, OWN_OWNER, OwnNote } from "../elf/core-notes.js";
import { CORE_REGISTERS } from "../elf/core-registers.js";
import { ELF_MACHINES, ELFOSABI_GNU, type ElfBits } from "../elf/elf-structures.js";
import { auxvNote, fileNote, type ProcessFacts, processFacts, psInfoNote } from "../elf/process-notes.js";
import type { CoreForm } from "../elf/thread-notes.js";
import type { StructureOrder } from "../structures/structure.js";
import { pageStatesText, tellContentsWithoutPlace, tellMissing, tellOverlaps, tellSelection } from "./contents-without-place.js";
import { CorePlan } from "./core-plan.js";
import { ExportedThreads } from "./elf-threads.js";
import { ELF_CORE, type ElfCoreOptions, rangesOfExport } from "./export-options.js";
import { ExportNotes, type ExportReport } from "./export-report.js";
import { tellFieldsWithoutPlace } from "./fields-without-place.js";
import { MemoryRows } from "./memory-rows.js";
import { Output } from "./output.js";

/** OSType of Linux and Android. */
const LINUX: ReadonlySet<number> = new Set([1, 3]);
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
  const { signal, onProgress, madeUpThread = false, holes = "kept" } = options;
  const target = sinkOf(sink);
  let output: Output | undefined;
  try {
    const notes = new ExportNotes();
    const rows = await MemoryRows.of(capture, rangesOfExport(options), signal);
    const facts = await processFacts(capture, notes, signal);
    const machine = machineOf(capture, facts, options.byteOrder, notes);
    const registers = CORE_REGISTERS.get(capture.header.archType);
    const form = registers && { bits: machine.bits, order: machine.order, registers };
    const threads = await ExportedThreads.of(capture, form, facts, { madeUpThread, notes, signal });
    const states = holes === "kept" ? await statesNote(rows, machine, signal) : undefined;
    const ofProcess = processNotes(facts, { ...machine, registers, states }, capture.header.archType, notes);
    const notesSize =
      ofProcess.before.length + (threads?.size ?? 0) + ofProcess.after.reduce((size, { length }) => size + length, 0);
    const plan = await CorePlan.of(rows, (count) => coreLayout(machine, count, notesSize), { holes, notes, signal });
    await tellContentsWithoutPlace(capture, "elf-core", notes, signal);
    tellFieldsWithoutPlace(
      { header: capture.header, modules: facts.modules.map(({ module }) => module), identity: facts.identity },
      "elf-core",
      notes,
    );
    tellSelection(options, notes);
    await tellOverlaps(capture, rangesOfExport(options), notes, signal);
    tellStates(rows, holes, notes);
    await tellMissing(capture, rows.memory, rows.salvaged, notes, signal);

    output = new Output(target, { size: plan.size, signal, onProgress });
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
    await output?.idle();
    await target.close?.();
  }
}

interface Machine {
  readonly machine: number;
  readonly osAbi: number;
  readonly bits: ElfBits;
  readonly order: StructureOrder;
}

/** The machine by ArchType; its byte order, where the processor has both, as an ELF header in memory has it. */
function machineOf(capture: Capture, { modules }: ProcessFacts, asked: StructureOrder | undefined, notes: ExportNotes): Machine {
  const { archType, osType } = capture.header;
  const osAbi = LINUX.has(osType) ? ELFOSABI_GNU : 0;
  const known = ELF_MACHINES.find((one) => one.archType === archType);
  const [seen] = modules.flatMap(({ image }) => (image ? [image] : []));
  if (!known) {
    const name = codeName(ARCH_TYPE, archType);
    const basis = seen ? `as the ELF header at 0x${seen.base.toString(16)} has it` : "64 bits, little-endian, e_machine 0";
    notes.add("assumed", "e_machine", `The architecture of the capture is ${name}; the core is ${basis}`);
    return { osAbi, machine: seen?.machine ?? 0, bits: seen?.bits ?? 64, order: asked ?? seen?.order ?? "little" };
  }
  const found = known.order ?? asked ?? seen?.order;
  if (!found)
    notes.add(
      "assumed",
      "e_ident",
      `${codeName(ARCH_TYPE, archType)} has two byte orders, and no ELF header in captured memory tells which: the core is little-endian`,
    );
  return { osAbi, machine: known.machine, bits: known.bits, order: found ?? "little" };
}

/** The notes before those of threads, and behind them: the order of gdb and of the kernel. */
function processNotes(
  facts: ProcessFacts,
  {
    bits,
    order,
    registers,
    states,
  }: Machine & { readonly registers: CoreForm["registers"] | undefined; readonly states: Uint8Array | undefined },
  archType: number,
  notes: ExportNotes,
) {
  const form = { bits, order, registers: registers ?? NO_REGISTERS };
  const files = fileNote(facts, form, notes);
  const auxv = auxvNote(facts, form, notes);
  return {
    before: psInfoNote(facts, form, UGID_16.has(archType), notes),
    after: [auxv, files?.bytes, states].filter((note) => note !== undefined),
    modules: files?.modules ?? 0,
  };
}

/** The note of the states of absent pages, for imports; undefined if there are none, or too many runs of them. */
async function statesNote(
  { hasHoles, unmapped }: MemoryRows,
  { order }: Machine,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (!hasHoles || unmapped.tooMany) return undefined;
  return encodeNote(OWN_OWNER, OwnNote.UnmappedRuns, await unmapped.encode(order, signal), order);
}

function tellStates({ memory, hasHoles, unmapped }: MemoryRows, holes: "kept" | "left-out", notes: ExportNotes): void {
  const bytes = memory.failed + memory.unmapped + memory.missing;
  if (hasHoles && holes === "kept")
    notes.add(
      "no place",
      "Holes",
      `${bytes} bytes without content are segments of file size 0. gdb shows zeros for them, or bytes of files on its own machine that NT_FILE names; lldb and eu-readelf do not: for gdb, leave holes out, and set sysroot to an empty folder`,
    );
  if (hasHoles && holes === "left-out")
    notes.add(
      "no place",
      "Holes",
      `${bytes} bytes without content are in no segment: readers take their addresses for unmapped ones, but gdb shows bytes of files on its own machine that NT_FILE names: for gdb, set sysroot to an empty folder`,
    );
  const absence = holes === "left-out" ? holes : unmapped.tooMany ? "too-many" : undefined;
  if (hasHoles) notes.add("no place", "PageStates", pageStatesText(memory, "the core has both as not dumped", "a note", absence));
  notes.add("no place", "MemoryRegion", "Types of regions, page sizes, times of regions, guard pages and copy on write");
}

const NO_REGISTERS: CoreForm["registers"] = { general: { owner: "CORE", type: 1, size: 0, registers: [] }, others: [] };
