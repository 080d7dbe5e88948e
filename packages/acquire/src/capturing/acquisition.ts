/** One capture of a process, from the first look at its mappings to End-of-Capture. */
import { MslWriter, type SinkInput, type WritableRelatedDump, type WriterOptions } from "@memslice/msl";
import { ProgressMeter, throwIfAborted } from "@memslice/msl/work";
import { type Frozen, freezeProcess } from "../freezing/freeze.js";
import { warmUpWriter } from "../freezing/warm-up.js";
import { KnownFiles } from "../identity/file-facts.js";
import { describeModule, pathText } from "../identity/module-facts.js";
import { identityOf } from "../identity/process-identity.js";
import { Investigation } from "../investigation/investigation.js";
import { byVolatility } from "../memory/area.js";
import { bytesIn, type Look, lookAt } from "../memory/look.js";
import { type AcquireOptions, type PagesByState, writingOptions } from "../options.js";
import { minimum } from "../proc/page-table.js";
import type { ProcessFiles } from "../proc/process-files.js";
import { residentBytes } from "../proc/process-stat.js";
import { type ProcessThread, processThreads } from "../proc/process-threads.js";
import type { AcquireReport, ModuleReport } from "../report.js";
import type { BufferPool } from "./buffer-pool.js";
import { changesBetween, type MappingChange } from "./changes.js";
import { type Followed, followChanges, readNewPages } from "./follow-changes.js";
import { type Output, outputOf } from "./output.js";
import { RegionWriter } from "./region-writer.js";

const PROGRESS_EVERY_MS = 100;
/** Time for writing what was read when a capture is cancelled or fails: those who pressed Ctrl-C wait for it. */
const SAVE_WITHIN_MS = 1000;
/** Buffers that are filled with pages before a process is stopped. */
const REHEARSED_BUFFERS = 3;

/** How a process is captured, beside what was asked for. */
export interface AcquisitionWay {
  /** False for an outline: no page is read. Default true. */
  readonly readsPages?: boolean;
  /** The process does not run, and `freeze` stops nothing. */
  readonly frozen?: Frozen | undefined;
  /** Files of modules that were read before. Default: none. */
  readonly known?: KnownFiles;
}

export class Acquisition {
  readonly #files: ProcessFiles;
  readonly #options: AcquireOptions;
  readonly #readsPages: boolean;
  readonly #known: KnownFiles;
  readonly #startedNs = now();
  readonly #pages = { captured: 0, failed: 0, unmapped: 0 };
  #regionBlocks = 0;
  /** The mappings before the process was stopped. */
  #rehearsed: Look["mappings"] = [];
  /** What another program has changed that was run before the process was stopped. */
  readonly #changes: (readonly MappingChange[])[] = [];
  readonly #investigation: Investigation | undefined;
  #frozen: Frozen | undefined;
  #isGone = false;
  #progressAt = 0;

  constructor(files: ProcessFiles, options: AcquireOptions, { readsPages = true, frozen, known }: AcquisitionWay) {
    this.#files = files;
    this.#options = options;
    this.#readsPages = readsPages;
    this.#frozen = frozen;
    this.#known = known ?? new KnownFiles(options);
    this.#investigation = options.investigation && new Investigation(files.pid, options.investigation, options.signal);
  }

  async run(sink: SinkInput): Promise<AcquireReport> {
    try {
      const output = await outputOf(sink, this.#options, this.#readsPages ? residentBytes(this.#files.pid) : 0);
      try {
        return await this.#runInto(output);
      } finally {
        output.fileHasher?.release();
      }
    } finally {
      await this.#frozen?.thaw();
    }
  }

  async #runInto(output: Output): Promise<AcquireReport> {
    if (this.#options.freeze && !this.#frozen) await this.#rehearse(output);
    if (!this.#investigation) await this.#freeze();
    const isOther = this.#files.follow();
    const look = await lookAt(this.#files, this.#options);
    if (isOther && this.#frozen) this.#changes.push(changesBetween(this.#rehearsed, look.mappings));
    this.#options.onPlan?.(bytesIn(look.memory));
    const threads = processThreads(this.#files.pid);
    const { fileHasher } = output;
    const writer = new MslWriter(output.sink, { ...this.#writerOptions(look), ...(fileHasher && { fileHasher }) });
    try {
      return await this.#capture(writer, output, look, threads);
    } catch (error) {
      // The error of the sink or the signal is the reason; what `close` adds is a consequence.
      await writer.close().catch(() => {});
      throw error;
    }
  }

  /** Loads, compiles and allocates before the process is stopped what is needed while it is. The results are of no use: the process still runs. */
  async #rehearse({ buffers, fileHasher }: Output): Promise<void> {
    const look = await lookAt(this.#files, this.#options);
    this.#rehearsed = look.mappings;
    changesBetween(look.mappings, await this.#files.mappedRanges());
    processThreads(this.#files.pid);
    identityOf(this.#files.pid);
    const options = this.#writerOptions({ modules: [], memory: { areas: [], leftOut: [] } });
    await warmUpWriter(options, (writer) => this.#rehearseRegions(writer, buffers, look));
    buffers.touch();
    // The thread has started by then.
    await fileHasher?.hashed();
  }

  /** Reads and writes a few pages of the largest mapping as all are read and written later. The code runs many times faster then. */
  async #rehearseRegions(writer: MslWriter, buffers: BufferPool, { memory, pageBytes }: Look): Promise<void> {
    // Reading a device can have effects.
    const areas = memory.areas.filter(({ mapping: { flags } }) => !flags.has("io") && !flags.has("pf"));
    const [largest] = areas.sort((a, b) => b.mapping.residentBytes - a.mapping.residentBytes);
    if (!largest) return;
    const meter = new ProgressMeter(0, () => {});
    const regions = new RegionWriter(this.#files, writer, {
      ...{ buffers, written: async () => {}, readsFirst: true, pageBytes, readsPages: this.#readsPages, filePages: false },
      ...{ signal: this.#options.signal, now, onPages: () => meter.report(0) },
    });
    const { start } = largest;
    const end = minimum(largest.end, start + BigInt(REHEARSED_BUFFERS * buffers.pieceMost));
    await regions.read({ ...largest, start, end });
    await regions.written();
  }

  get #relatedDumps(): readonly WritableRelatedDump[] {
    return this.#options.relatedDumps ?? [];
  }

  async #freeze(): Promise<void> {
    const { signal, freeze } = this.#options;
    if (!freeze) return;
    this.#files.keepNames();
    this.#frozen ??= await freezeProcess(this.#files, signal);
  }

  #writerOptions({ modules, memory }: Pick<Look, "modules" | "memory">): WriterOptions {
    const contents = [
      ...(memory.areas.length > 0 ? (["MemoryRegion"] as const) : []),
      ...(modules.length > 0 ? (["ModuleEntry"] as const) : []),
      ...(this.#investigation?.contents ?? []),
      ...(this.#relatedDumps.length > 0 ? (["RelatedDump"] as const) : []),
    ];
    return {
      ...writingOptions(this.#options),
      flush: "block",
      header: {
        osType: "Linux",
        archType: this.#known.architectureOf(this.#files.pid, this.#frozen !== undefined) ?? "unknown",
        pid: this.#files.pid,
        timestampNs: this.#startedNs,
        hashAlgo: this.#options.hashAlgo,
        investigation: this.#investigation !== undefined,
        dumpUuid: this.#options.dumpUuid,
      },
      contents,
    };
  }

  async #capture(writer: MslWriter, output: Output, look: Look, threads: ProcessThread[]): Promise<AcquireReport> {
    const identity = identityOf(this.#files.pid);
    await writer.processIdentity(identity);
    await writer.moduleListIndex({
      entries: look.modules.map((module) => ({
        baseAddr: module.baseAddr,
        moduleSize: module.moduleSize,
        path: pathText(module),
      })),
    });
    const investigation = await this.#investigation?.write(writer);
    const again = this.#investigation ? await this.#lookAgain(look) : { look, changes: [] };
    const { memory, pageBytes } = again.look;
    const { changes, consistent } = await this.#readMemory(this.#regionWriter(writer, output, again.look), again.look);
    const freeze = await this.#frozen?.thaw();
    const modules = await this.#writeModules(writer, look);
    for (const related of this.#relatedDumps) await writer.relatedDump(related);
    const endedNs = now();
    const finished = await writer.end({ acqEndNs: endedNs });
    return {
      ...finished,
      ...{ pid: this.#files.pid, dumpUuid: writer.header.dumpUuid, exePath: identity.exePath ?? "" },
      ...{ startedNs: this.#startedNs, endedNs, regionBlocks: this.#regionBlocks, pageBytes, pages: { ...this.#pages } },
      ...{ leftOut: memory.leftOut, changes: [...this.#changes, ...again.changes, ...changes], consistent, modules },
      ...(memory.modified && { modified: memory.modified }),
      ...(freeze && { freeze }),
      ...(investigation && { investigation }),
      ...{ targetEnded: this.#isGone, processThreads: threads, relatedDumps: this.#relatedDumps },
      complete: !this.#isGone && !freeze?.wentOn && this.#pages.failed === 0 && (investigation?.gaps.length ?? 0) === 0,
    };
  }

  async #readMemory(regions: RegionWriter, look: Look): Promise<Followed> {
    const { memory } = look;
    const isRunning = this.#frozen === undefined;
    try {
      for (const area of [...memory.areas].sort(byVolatility)) await regions.read(area);
      if (isRunning && this.#readsPages) await readNewPages(this.#files, regions, memory);
      const followed = await followChanges(this.#files, regions, look, { options: this.#options, again: isRunning });
      this.#isGone ||= followed.isGone;
      await this.#frozen?.thaw();
      await regions.written();
      return followed;
    } catch (error) {
      await this.#frozen?.thaw();
      // What was read belongs to the capture. The error is the reason; what writing adds is a consequence.
      await regions.writtenWithin(SAVE_WITHIN_MS).catch(() => {});
      throw error;
    }
  }

  /**
   * Behind the tables of the host, which take long: only now the process is stopped, and its memory is looked at anew. The list of modules is written already;
   * what changed since is reported. The files are not followed: the capture says already who the process is, and another program that it runs now is not that one.
   */
  async #lookAgain(look: Look): Promise<{ readonly look: Look; readonly changes: readonly (readonly MappingChange[])[] }> {
    await this.#freeze();
    const again = await lookAt(this.#files, this.#options);
    const changes = changesBetween(look.mappings, again.mappings);
    // The header announces whether there is memory.
    const isAnnounced = again.memory.areas.length > 0 === look.memory.areas.length > 0;
    return { look: isAnnounced ? again : look, changes: changes.length > 0 ? [changes] : [] };
  }

  #regionWriter(writer: MslWriter, { buffers, written }: Output, { memory, pageBytes }: Look): RegionWriter {
    const { filePages = false, signal, onProgress } = this.#options;
    const meter = new ProgressMeter(bytesIn(memory), (progress) => onProgress?.({ ...progress, pages: { ...this.#pages } }));
    return new RegionWriter(this.#files, writer, {
      ...{ buffers, written, readsFirst: this.#frozen !== undefined, pageBytes },
      ...{ readsPages: this.#readsPages, filePages, signal, now },
      onPages: (pages, isGone) => {
        this.#note(pages, isGone);
        const time = performance.now();
        if (time - this.#progressAt < PROGRESS_EVERY_MS) return;
        this.#progressAt = time;
        meter.report(this.#pages.captured * pageBytes);
      },
    });
  }

  #note({ captured, failed, unmapped }: PagesByState, isGone: boolean): void {
    this.#pages.captured += captured;
    this.#pages.failed += failed;
    this.#pages.unmapped += unmapped;
    this.#regionBlocks++;
    this.#isGone ||= isGone;
  }

  async #writeModules(writer: MslWriter, { modules, pageBytes }: Look): Promise<ModuleReport[]> {
    const options = { known: this.#known, pageBytes: BigInt(pageBytes) };
    const reports: ModuleReport[] = [];
    for (const module of modules) {
      throwIfAborted(this.#options.signal);
      const { entry, report } = await describeModule(this.#files, module, options);
      await writer.moduleEntry(entry);
      reports.push(report);
    }
    return reports;
  }
}

/** Nanoseconds since 1970 UTC, in steps of a millisecond: the finest clock of the runtime that follows the system's time. */
function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
