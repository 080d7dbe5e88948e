/** `exportRaw`: the memory of a capture as plain files, with a manifest that says which byte is which, and which bytes are not there. */
import { type Capture, type MemoryRange, MslError, type Region } from "@memslice/msl";
import { ADDRESS_SPACE_END, createHasher, HashAlgo, hexText, ProgressMeter, requireOptions, TimeSlice } from "@memslice/msl/work";
import { CapturedBytes } from "./captured-bytes.js";
import { tellContentsWithoutPlace, tellMissing, tellOverlaps, tellSelection } from "./contents-without-place.js";
import { RAW, type RawOptions, rangesOfExport } from "./export-options.js";
import { ExportNotes, type ExportReport } from "./export-report.js";
import { tellFieldsWithoutPlace } from "./fields-without-place.js";
import { type ManifestRun, MemoryManifest } from "./memory-manifest.js";
import { Output, type SparseSink } from "./output.js";
import { safeFileName } from "./safe-file-name.js";

/** Where `exportRaw` makes its files: a new folder, an archive. */
export interface RawTarget {
  /** A sink for a new file; `name` has letters, digits, dashes, dots and at most one slash. The sink of a sparse file has `skip`. */
  file(name: string): Promise<SparseSink>;
}

const MANIFEST = "manifest.json";
const IMAGE = "memory.raw";
/** Shorter holes of a sparse file are written as zeros: file systems leave out whole blocks, and a write costs more. */
const LEAST_SKIP = 1n << 16n;
/** Offsets in files are signed numbers of 64 bits. */
const OFFSET_MOST = (1n << 63n) - 1n;

/**
 * Writes memory into files of `target`, and manifest.json. With the layout `regions`, each region has a file with its captured bytes, one run behind the
 * other. With `sparse`, one file has every byte at its address minus the first address: what was not captured is left out of the file and reads as zeros there,
 * so that only the manifest tells which zeros were captured. Where regions overlap, a byte is the one that reads by address prefer.
 *
 * Throws `usage` for wrong options and for addresses that are too far apart for one file; `changed`, `aborted`, what reading the capture throws, and what
 * `target` throws. Sinks are closed in any case.
 */
export async function exportRaw(capture: Capture, target: RawTarget, options: RawOptions = {}): Promise<ExportReport> {
  requireOptions(RAW, options);
  const { signal, layout = "regions", file = "" } = options;
  const ranges = rangesOfExport(options);
  const notes = new ExportNotes();
  const raw = await RawExport.of(capture, target, ranges, options);
  const manifest = new MemoryManifest(await target.file(MANIFEST), { schema: "msl.raw/1", file, layout });
  try {
    const regions = await capture.regions(signal);
    const salvaged = layout === "regions" ? await raw.regions(regions, manifest) : await raw.image(regions, manifest);
    if (layout === "sparse")
      notes.add(
        "no place",
        "PageStates",
        "Bytes that were not captured read as zeros in the file: the manifest says which they are",
      );
    await tellContentsWithoutPlace(capture, "raw", notes, signal);
    tellFieldsWithoutPlace({ header: capture.header, modules: undefined, identity: undefined }, "raw", notes);
    tellSelection(options, notes);
    await tellOverlaps(capture, ranges, notes, signal);
    await tellMissing(capture, raw.memory, salvaged, notes, signal);
    await capture.memory.requireUnchanged();
    await manifest.end({ notes: notes.list, complete: notes.complete });
  } catch (error) {
    await manifest.close();
    throw error;
  }
  const { memory, size, runs: segments } = raw;
  return { target: "raw", size, memory, segments, threads: 0, modules: 0, notes: notes.list, complete: notes.complete };
}

class RawExport {
  readonly #capture: Capture;
  readonly #target: RawTarget;
  readonly #ranges: readonly MemoryRange[];
  readonly #signal: AbortSignal | undefined;
  readonly #meter: ProgressMeter;
  readonly #bytes: CapturedBytes;
  readonly memory = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n };
  /** Bytes of all files of memory, those that a sparse file leaves out included. */
  size = 0n;
  /** Ranges of addresses in one state. */
  runs = 0;

  private constructor(capture: Capture, target: RawTarget, ranges: readonly MemoryRange[], total: bigint, options: RawOptions) {
    this.#capture = capture;
    this.#target = target;
    this.#ranges = ranges;
    this.#signal = options.signal;
    this.#meter = new ProgressMeter(Number(total), options.onProgress);
    this.#bytes = new CapturedBytes(capture.memory, options.signal);
  }

  static async of(capture: Capture, target: RawTarget, ranges: readonly MemoryRange[], options: RawOptions): Promise<RawExport> {
    let total = 0n;
    for (const { start, end } of ranges) total += (await capture.memory.extent(start, end, options.signal)).captured;
    return new RawExport(capture, target, ranges, total, options);
  }

  /** A file for each region that shares addresses with a range. Returns the captured bytes of salvaged regions. */
  async regions(regions: readonly Region[], manifest: MemoryManifest): Promise<bigint> {
    const slice = new TimeSlice(this.#signal);
    let [files, salvaged] = [0, 0n];
    for (const { baseAddr, endAddr, head, salvaged: isSalvaged } of regions) {
      if (slice.isSpent(64)) await slice.renew();
      if (baseAddr >= endAddr || !this.#ranges.some(({ start, end }) => start < endAddr && baseAddr < end)) continue;
      // The number keeps names apart: regions may share an address.
      const number = String(++files).padStart(4, "0");
      const path = `regions/${number}-${baseAddr.toString(16).padStart(12, "0")}-${safeFileName(head.regionTypeName)}.bin`;
      const about = { regionType: head.regionTypeName, protection: head.protection };
      const before = this.memory.captured;
      await this.#file({ path, start: baseAddr, end: endAddr, about, sparse: false }, manifest);
      if (isSalvaged) salvaged += this.memory.captured - before;
    }
    return salvaged;
  }

  /** One file from the first to the last address of the regions in the ranges. */
  async image(regions: readonly Region[], manifest: MemoryManifest): Promise<bigint> {
    const slice = new TimeSlice(this.#signal);
    let [first, last, salvaged] = [ADDRESS_SPACE_END, 0n, 0n];
    for (const { baseAddr, endAddr, regionSize, salvaged: isSalvaged } of regions) {
      if (slice.isSpent(4)) await slice.renew();
      for (const { start, end } of this.#ranges) {
        const [from, to] = [start > baseAddr ? start : baseAddr, end < endAddr ? end : endAddr];
        if (from >= to) continue;
        if (from < first) first = from;
        if (to > last) last = to;
        if (isSalvaged) salvaged += regionSize;
      }
    }
    if (first >= last) return 0n;
    if (last - first > OFFSET_MOST)
      throw new MslError(
        "usage",
        `Addresses from 0x${first.toString(16)} to 0x${last.toString(16)} are too far apart for one file: name ranges of addresses, or write a file for each region`,
      );
    await this.#file({ path: IMAGE, start: first, end: last, about: {}, sparse: true }, manifest);
    return salvaged;
  }

  async #file({ path, start, end, about, sparse }: RawFile, manifest: MemoryManifest): Promise<void> {
    const sink = await this.#target.file(path);
    const hasher = createHasher(HashAlgo.Sha256);
    const done = this.memory.captured;
    const output = new Output(sink, {
      size: end - start,
      signal: this.#signal,
      onProgress: () => this.#meter.report(Number(this.memory.captured)),
    });
    try {
      if (sparse && !sink.skip) throw new MslError("usage", "A sparse file needs a sink with skip: a file that can have holes");
      const kind = sparse ? "image" : "region";
      await manifest.beginFile({ path, kind, address: `0x${start.toString(16)}`, length: String(end - start), ...about });
      for await (const run of this.#runsOf(start, end)) {
        if (sparse && run.state === "captured") await this.#leaveOut(run.start - start - output.offset, output);
        const offset = run.state === "captured" ? output.offset : undefined;
        if (run.state === "captured") await this.#bytes.append(run, output, (piece) => hasher.update(piece));
        if (run.state !== "absent") this.memory[run.state] += run.end - run.start;
        this.runs++;
        await manifest.run({ ...run, ...(offset !== undefined && { offset }) });
      }
      await output.end();
      this.size += output.offset;
      const bytes = this.memory.captured - done;
      await manifest.endFile({ bytes: String(output.offset), captured: String(bytes), sha256: hexText(hasher.digest()) });
    } finally {
      hasher.release();
      await output.idle();
      await sink.close?.();
    }
  }

  async #leaveOut(length: bigint, output: Output): Promise<void> {
    if (length >= LEAST_SKIP) await output.skip(length);
    else if (length > 0n) await output.padTo(output.offset + length);
  }

  /** The states of all addresses, in order and without gaps; addresses outside of the ranges that were asked for are left out. */
  async *#runsOf(from: bigint, to: bigint): AsyncGenerator<ManifestRun, void, undefined> {
    for (const range of this.#ranges) {
      const [start, end] = [range.start > from ? range.start : from, range.end < to ? range.end : to];
      if (start >= end) continue;
      let at = start;
      for await (const run of this.#capture.memory.states(start, end, this.#signal)) {
        if (at < run.start) yield { start: at, end: run.start, state: "absent" };
        yield run;
        at = run.end;
      }
      if (at < end) yield { start: at, end, state: "absent" };
    }
  }
}

interface RawFile extends MemoryRange {
  readonly path: string;
  readonly about: object;
  readonly sparse: boolean;
}
