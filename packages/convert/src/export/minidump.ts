/** `exportMinidump`: a capture as a Windows minidump, for WinDbg, lldb, minidump-stackwalk, pypykatz, radare2 and Ghidra. */
import type { Capture, SinkInput } from "@memslice/msl";
import { requireOptions, sinkOf } from "@memslice/msl/work";
import { writtenLayout } from "../minidump/contexts.js";
import { processorFor } from "../minidump/dump-system.js";
import { contentsBehind, memory64Stream, memoryInfoStream, rangesOf } from "../minidump/export-memory.js";
import { modulesStream } from "../minidump/export-modules.js";
import {
  cmdLineStream,
  commentStream,
  handlesStream,
  isWindows,
  miscInfoStream,
  processTexts,
  systemInfoStream,
} from "../minidump/export-process.js";
import { MinidumpThreads } from "../minidump/export-threads.js";
import { MinidumpPlan, type PlannedStream } from "../minidump/file-plan.js";
import { StreamType } from "../minidump/structures.js";
import { appendCaptured } from "./captured-bytes.js";
import { pageStatesText, tellContentsWithoutPlace, tellMissing, tellOverlaps, tellSelection } from "./contents-without-place.js";
import { MINIDUMP, type MinidumpOptions, rangesOfExport } from "./export-options.js";
import { ExportNotes, type ExportReport } from "./export-report.js";
import { tellFieldsWithoutPlace } from "./fields-without-place.js";
import { type MemoryRow, MemoryRows } from "./memory-rows.js";
import { Output } from "./output.js";

/** Bits of MINIDUMP_TYPE: WinDbg takes from them which streams it may expect. */
const MinidumpType = { fullMemory: 0x2n, handleData: 0x4n, fullMemoryInfo: 0x800n, threadInfo: 0x1000n } as const;
const NANOSECONDS = 1_000_000_000n;
const TIME_MOST = 0xffffffffn;

/**
 * Writes the capture as a minidump to `sink`, which it closes, and reports what the minidump has and lacks. Memory64ListStream has the captured bytes and nothing
 * else: no hole becomes zeros. All offsets are computed before the first byte is written; of memory, at most some MiB are held.
 *
 * Throws `usage` for wrong options; `limit` for tables above 4 GiB, which offsets of 32 bits cannot name; `changed` if the capture changes meanwhile; `aborted`;
 * what reading the capture throws; and `sink`.
 */
export async function exportMinidump(capture: Capture, sink: SinkInput, options: MinidumpOptions = {}): Promise<ExportReport> {
  requireOptions(MINIDUMP, options);
  const { signal, onProgress, madeUpThread = true } = options;
  const target = sinkOf(sink);
  let output: Output | undefined;
  try {
    const notes = new ExportNotes();
    const rows = await MemoryRows.of(capture, rangesOfExport(options), signal);
    const windows = isWindows(capture);
    const processor = processorFor(capture.header.archType, windows);
    const layout = writtenLayout(processor, windows);
    const texts = await processTexts(capture, signal);
    const modules = await capture.modules(signal);
    const { provenance } = texts;
    const threads = await MinidumpThreads.of({
      ...{ capture, notes, processor, layout, isWindows: windows, provenance, madeUpThread, signal },
    });
    const handles = await handlesStream(capture, notes, signal);
    const states = rows.hasHoles && !rows.unmapped.tooMany ? await rows.unmapped.encode("little", signal) : undefined;
    let contentsAt = 0n;
    const streams: PlannedStream[] = [
      systemInfoStream(capture, processor, texts, notes),
      miscInfoStream(capture, texts),
      ...threads.streams(),
      modulesStream(modules, windows, notes),
      ...(handles ? [handles] : []),
      ...(!windows && texts.cmdLine !== "" ? [cmdLineStream(texts)] : []),
      commentStream(capture, threads.madeUp),
      ...(states ? [{ type: StreamType.memsliceUnmappedRuns, place: () => states }] : []),
      memoryInfoStream(rows, notes),
      memory64Stream(rows, () => contentsAt),
    ];
    if (windows && texts.cmdLine !== "")
      notes.add("no place", "CmdLine", "The command line; debuggers take it from the memory of the process");
    if (texts.exePath !== "" && texts.exePath !== modules[0]?.path)
      notes.add("no place", "ExePath", "The path of the program, which readers take from the first module");
    const plan = new MinidumpPlan(streams);
    contentsAt = contentsBehind(plan);
    await tellContentsWithoutPlace(capture, "minidump", notes, signal);
    tellFieldsWithoutPlace({ header: capture.header, modules, identity: texts }, "minidump", notes);
    tellSelection(options, notes);
    await tellOverlaps(capture, rangesOfExport(options), notes, signal);
    tellStates(rows, notes);
    await tellMissing(capture, rows.memory, rows.salvaged, notes, signal);

    output = new Output(target, { size: contentsAt + rows.memory.captured, signal, onProgress });
    await plan.write(output, { time: timeOf(capture), flags: flagsOf(streams), signal });
    await output.padTo(contentsAt);
    let segments = 0;
    await appendCaptured(capture.memory, rangesOf(rows), output, async (_: MemoryRow) => void segments++, signal);
    await output.end();
    await capture.memory.requireUnchanged();
    return {
      target: "minidump",
      size: output.offset,
      memory: rows.memory,
      segments,
      threads: threads.count,
      modules: modules.length,
      notes: notes.list,
      complete: notes.complete,
    };
  } finally {
    await output?.idle();
    await target.close?.();
  }
}

function timeOf(capture: Capture): number {
  const seconds = capture.header.timestampNs / NANOSECONDS;
  return seconds <= TIME_MOST ? Number(seconds) : 0;
}

function flagsOf(streams: readonly PlannedStream[]): bigint {
  const has = (type: number, bit: bigint) => (streams.some((stream) => stream.type === type) ? bit : 0n);
  return (
    MinidumpType.fullMemory | MinidumpType.fullMemoryInfo | has(12, MinidumpType.handleData) | has(17, MinidumpType.threadInfo)
  );
}

function tellStates({ memory, hasHoles, unmapped }: MemoryRows, notes: ExportNotes): void {
  if (hasHoles)
    notes.add(
      "no place",
      "PageStates",
      pageStatesText(
        memory,
        "the minidump has both as committed memory without bytes",
        "a stream",
        unmapped.tooMany ? "too-many" : undefined,
      ),
    );
  notes.add(
    "no place",
    "MemoryRegion",
    "Page sizes and times of regions; heaps, stacks and shared memory stand as private or mapped memory",
  );
}
