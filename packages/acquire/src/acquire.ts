/** Captures a live process: from its mappings to End-of-Capture. */
import {
  BytesSink,
  type MemoryRange,
  MslError,
  MslWriter,
  type SinkInput,
  type WritableRelatedDump,
  type WriterOptions,
} from "@memslice/msl";
import { ProgressMeter, throwIfAborted } from "@memslice/msl/work";
import { changesBetween, type MappingChange } from "./capturing/changes.js";
import { type Output, outputOf } from "./capturing/output.js";
import { RegionWriter } from "./capturing/region-writer.js";
import { type Frozen, freezeProcess } from "./freezing/freeze.js";
import { warmUpWriter } from "./freezing/warm-up.js";
import { describeModule, pathText } from "./identity/module-facts.js";
import { type LoadedModule, modulesOf } from "./identity/modules.js";
import { architectureOf, identityOf } from "./identity/process-identity.js";
import { Investigation } from "./investigation/investigation.js";
import { byVolatility, hasNoPages, isEmpty, type MemoryArea } from "./memory/area.js";
import { modifiedMemory } from "./memory/modified.js";
import { type SelectedMemory, selectMemory } from "./memory/selection.js";
import { type AcquireOptions, DEFAULT_RETRIES, type PagesByState, requireAcquireOptions, writingOptions } from "./options.js";
import { requirePermission } from "./preflight/preflight.js";
import { type Mapping, systemPageBytes } from "./proc/mapping.js";
import { ProcessFiles } from "./proc/process-files.js";
import { type ProcessThread, processThreads } from "./proc/process-threads.js";
import type { AcquireReport, ModuleReport } from "./report.js";

const PROGRESS_EVERY_MS = 100;

/**
 * Writes a capture of the process to the sink: its identity, its modules, its memory page by page, and its mappings as regions. The process goes on running,
 * unless `freeze` stops it. Pages that are not in memory or swap are not read, so that the process does not grow.
 *
 * Resolves when the capture is complete and the sink is closed, also if the process ended meanwhile: what was read stays, and the report tells. Throws
 * `usage` for options that make no sense and on other systems than Linux; `not-permitted` if the process may not be read, before anything is written; `source`
 * if it does not exist; `aborted`, `sink`. The sink then has a capture without End-of-Capture that can be read as far as it goes.
 */
export function acquire(pid: number, sink: SinkInput, options: AcquireOptions = {}): Promise<AcquireReport> {
  return acquireFrozen(pid, sink, options, undefined);
}

/** `acquire` for a process that was stopped before, by the tree that it belongs to, and is let go on by the tree. */
export async function acquireFrozen(
  pid: number,
  sink: SinkInput,
  options: AcquireOptions,
  frozen: Frozen | undefined,
): Promise<AcquireReport> {
  requireAcquireOptions(pid, options);
  requirePermission(pid);
  throwIfAborted(options.signal);
  const files = new ProcessFiles(pid);
  try {
    requireSameProcess(files, options);
    return await new Acquisition(files, options, { frozen }).run(sink);
  } finally {
    files.close();
  }
}

/**
 * A capture without a page, in memory: identity, modules, and all mappings as regions whose pages are all recorded as unmapped, read or not. For questions about
 * places, beside `openProcess`; it is no evidence of what the process had. Throws like `acquire`.
 */
export async function outlineProcess(pid: number, signal?: AbortSignal): Promise<Uint8Array> {
  const options = { diskHashes: false, retries: 0, dontDump: true, devices: true, ...(signal && { signal }) };
  requirePermission(pid);
  const files = new ProcessFiles(pid);
  const sink = new BytesSink();
  try {
    await new Acquisition(files, options, { readsPages: false }).run(sink);
    return sink.bytes();
  } finally {
    files.close();
  }
}

/** What is known of the process when its capture begins. */
interface Look {
  readonly mappings: readonly Mapping[];
  readonly modules: readonly LoadedModule[];
  readonly memory: SelectedMemory;
}

class Acquisition {
  readonly #files: ProcessFiles;
  readonly #options: AcquireOptions;
  readonly #readsPages: boolean;
  readonly #startedNs = now();
  readonly #pages = { captured: 0, failed: 0, unmapped: 0 };
  readonly #changes: (readonly MappingChange[])[] = [];
  #pageBytes = 0;
  #regionBlocks = 0;
  readonly #investigation: Investigation | undefined;
  #frozen: Frozen | undefined;
  #isGone = false;
  #progressAt = 0;

  /** `readsPages`: false for an outline. `frozen`: the process does not run, and `freeze` stops nothing. */
  constructor(
    files: ProcessFiles,
    options: AcquireOptions,
    { readsPages = true, frozen }: { readonly readsPages?: boolean; readonly frozen?: Frozen | undefined },
  ) {
    this.#files = files;
    this.#options = options;
    this.#readsPages = readsPages;
    this.#frozen = frozen;
    this.#investigation = options.investigation && new Investigation(files.pid, options.investigation, options.signal);
  }

  async run(sink: SinkInput): Promise<AcquireReport> {
    const output = outputOf(sink, this.#options);
    if (this.#options.freeze && !this.#frozen) await this.#rehearse(output);
    try {
      if (!this.#investigation) await this.#freeze();
      const look = await this.#look();
      this.#options.onPlan?.(bytesIn(look.memory));
      const threads = processThreads(this.#files.pid);
      const writer = new MslWriter(output.sink, this.#writerOptions(look));
      try {
        return await this.#capture(writer, output, look, threads);
      } catch (error) {
        // The error of the sink or the signal is the reason; what `close` adds is a consequence.
        await writer.close().catch(() => {});
        throw error;
      }
    } finally {
      await this.#frozen?.thaw();
    }
  }

  /** Loads, compiles and allocates before the process is stopped what is needed while it is. The results are of no use: the process still runs. */
  async #rehearse({ buffers }: Output): Promise<void> {
    const { mappings } = await this.#look();
    changesBetween(mappings, await this.#files.mappedRanges());
    processThreads(this.#files.pid);
    identityOf(this.#files.pid);
    await warmUpWriter(this.#writerOptions({ modules: [], memory: { areas: [], leftOut: [] } }));
    buffers.touch();
  }

  get #relatedDumps(): readonly WritableRelatedDump[] {
    return this.#options.relatedDumps ?? [];
  }

  async #freeze(): Promise<void> {
    const { signal, freeze } = this.#options;
    if (freeze) this.#frozen ??= await freezeProcess(this.#files, signal);
  }

  async #look(): Promise<Look> {
    const mappings = await this.#files.mappings();
    this.#pageBytes = systemPageBytes(mappings);
    const modules = modulesOf(mappings);
    return { mappings, modules, memory: await this.#select(mappings, modules) };
  }

  async #select(mappings: readonly Mapping[], modules: readonly LoadedModule[]): Promise<SelectedMemory> {
    const ofModules = new Set(modules.flatMap((module) => module.mappings));
    const pageBytes = BigInt(this.#pageBytes);
    const selected = selectMemory(mappings, this.#options, pageBytes, (mapping) => ofModules.has(mapping));
    return this.#options.onlyModified ? modifiedMemory(this.#files, selected, pageBytes) : selected;
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
        archType: architectureOf(this.#files.pid) ?? "unknown",
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
    const { mappings, memory } = this.#investigation ? await this.#lookAgain(look) : look;
    const regions = this.#regionWriter(writer, output, memory);
    for (const area of [...memory.areas].sort(byVolatility)) await regions.read(area);
    if (!this.#frozen && this.#readsPages) await this.#readNewPages(regions, memory);
    const consistent = await this.#followChanges(regions, mappings, this.#frozen !== undefined);
    const freeze = await this.#frozen?.thaw();
    await regions.written();
    const modules = await this.#writeModules(writer, look.modules);
    for (const related of this.#relatedDumps) await writer.relatedDump(related);
    const endedNs = now();
    const finished = await writer.end({ acqEndNs: endedNs });
    return {
      ...finished,
      ...{ pid: this.#files.pid, dumpUuid: writer.header.dumpUuid, exePath: identity.exePath ?? "" },
      ...{ startedNs: this.#startedNs, endedNs, regionBlocks: this.#regionBlocks, pageBytes: this.#pageBytes },
      ...{ pages: { ...this.#pages }, leftOut: memory.leftOut, changes: this.#changes, consistent, modules },
      ...(freeze && { freeze }),
      ...(investigation && { investigation }),
      ...{ targetEnded: this.#isGone, processThreads: threads, relatedDumps: this.#relatedDumps },
      complete: !this.#isGone && !freeze?.wentOn && this.#pages.failed === 0 && (investigation?.gaps.length ?? 0) === 0,
    };
  }

  /**
   * Behind the tables of the host, which take long: only now the process is stopped, and its memory is looked at anew. The list of modules is written already;
   * what changed since is reported.
   */
  async #lookAgain(look: Look): Promise<Look> {
    await this.#freeze();
    const again = await this.#look();
    const changes = changesBetween(look.mappings, again.mappings);
    if (changes.length > 0) this.#changes.push(changes);
    // The header announces whether there is memory.
    const isAnnounced = again.memory.areas.length > 0 === look.memory.areas.length > 0;
    return isAnnounced ? { ...again, modules: look.modules } : look;
  }

  #regionWriter(writer: MslWriter, { buffers, written }: Output, memory: SelectedMemory): RegionWriter {
    const { filePages = false, signal, onProgress } = this.#options;
    const meter = new ProgressMeter(bytesIn(memory), (progress) => onProgress?.({ ...progress, pages: { ...this.#pages } }));
    return new RegionWriter(this.#files, writer, {
      ...{ buffers, written, readsFirst: this.#frozen !== undefined, pageBytes: this.#pageBytes },
      ...{ readsPages: this.#readsPages, filePages, signal, now },
      onPages: (pages, isGone) => this.#note(pages, isGone, meter),
    });
  }

  #note({ captured, failed, unmapped }: PagesByState, isGone: boolean, meter: ProgressMeter): void {
    this.#pages.captured += captured;
    this.#pages.failed += failed;
    this.#pages.unmapped += unmapped;
    this.#regionBlocks++;
    this.#isGone ||= isGone;
    const time = performance.now();
    if (time - this.#progressAt < PROGRESS_EVERY_MS) return;
    this.#progressAt = time;
    meter.report(this.#pages.captured * this.#pageBytes);
  }

  /** Captures again what changed while it was captured. Returns whether the mappings are as they were captured. */
  async #followChanges(regions: RegionWriter, captured: readonly Mapping[], isFrozen: boolean): Promise<boolean> {
    const { retries = DEFAULT_RETRIES } = this.#options;
    let before = captured;
    for (let round = 0; ; round++) {
      const ranges = await this.#files.mappedRanges();
      if (ranges.length === 0 || !this.#files.isAlive) {
        this.#isGone = true;
        return false;
      }
      if (changesBetween(before, ranges).length === 0) return true;
      const after = await this.#files.mappings();
      const changes = changesBetween(before, after);
      if (changes.length === 0) return true;
      this.#changes.push(changes);
      if (round === retries || isFrozen) return false;
      const again = changes.filter(({ change }) => change !== "removed");
      const { areas } = await this.#select(after, modulesOf(after));
      for (const area of [...areas].sort(byVolatility)) {
        for (const range of again) {
          const part = within(area, range);
          if (part) await regions.read(part);
        }
      }
      before = after;
    }
  }

  /** What is too large to be looked up page by page, and had no page at the first look, may have got pages since. */
  async #readNewPages(regions: RegionWriter, { areas }: SelectedMemory): Promise<void> {
    const skipped = areas.filter((area) => isEmpty(area.mapping) && hasNoPages(area.mapping, area));
    if (skipped.length === 0) return;
    const filled = (await this.#files.mappings()).filter((mapping) => !isEmpty(mapping));
    for (const area of skipped) {
      for (const mapping of filled) {
        const part = within({ ...area, mapping }, mapping);
        if (part) await regions.read(part);
      }
    }
  }

  async #writeModules(writer: MslWriter, modules: readonly LoadedModule[]): Promise<ModuleReport[]> {
    const { hashAlgo = "BLAKE3", diskHashes = true, signal } = this.#options;
    const reports: ModuleReport[] = [];
    for (const module of modules) {
      throwIfAborted(signal);
      const options = { hashAlgo, diskHashes, signal, pageBytes: BigInt(this.#pageBytes) };
      const { entry, report } = await describeModule(this.#files, module, options);
      await writer.moduleEntry(entry);
      reports.push(report);
    }
    return reports;
  }
}

/** Throws `source` if the pid was given to another process since it was found. */
function requireSameProcess({ pid, startTicks }: ProcessFiles, { startTicks: expected = startTicks }: AcquireOptions): void {
  if (startTicks === expected) return;
  throw new MslError("source", `The process that had the pid ${pid} has ended, and another one has the pid now`);
}

/** The part of an area between two addresses; undefined if there is none. */
function within(area: MemoryArea, { start, end }: MemoryRange): MemoryArea | undefined {
  const part = { ...area, start: start > area.start ? start : area.start, end: end < area.end ? end : area.end };
  return part.start < part.end ? part : undefined;
}

/** Bytes in memory and swap, as the kernel counts them. */
function bytesIn({ areas }: SelectedMemory): number {
  return areas.reduce(
    (sum, { start, end, mapping }) => sum + Math.min(mapping.residentBytes + mapping.swappedBytes, Number(end - start)),
    0,
  );
}

/** Nanoseconds since 1970 UTC, in steps of a millisecond: the finest clock of the runtime that follows the system's time. */
function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
