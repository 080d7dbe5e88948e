/** Writes regions, modules and tables of a capture into files of a folder, each with an entry in the manifest. */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Memory, OverlappedParts, PackedRun } from "@memslice/analysis";
import { type MemoryManifest, safeFileName } from "@memslice/convert";
import { type Capture, fileSink, type MemoryRange, type Module, type Region } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import { addressText } from "../documents/place-text.js";
import { protectionText } from "../documents/protection-text.js";
import { joined, portionsOf } from "../output.js";
import { entriesOf } from "../tables/block-payloads.js";
import type { Table } from "../tables/column.js";
import { CONNECTIONS } from "../tables/connections-table.js";
import { HANDLES } from "../tables/handles-table.js";
import { HINTS, hintRows } from "../tables/hints-table.js";
import { MODULES, moduleRows } from "../tables/modules-table.js";
import { PROCESSES } from "../tables/processes-table.js";
import { REGIONS, regionRows } from "../tables/regions-table.js";
import { SYSTEM, systemRows } from "../tables/system-table.js";
import type { ReadTable } from "../tables/table-command.js";
import { csvHeading, csvTexts, jsonTexts } from "../tables/table-document.js";
import { registerRows, threadRows } from "../tables/thread-rows.js";
import { REGISTERS, THREADS } from "../tables/threads-table.js";
import { inTurns } from "../turns.js";

const ONLY_OWNER = 0o600;
/** The most parts of a region that share addresses with other regions and are listed: the sum of their bytes is that of all. */
const MOST_PARTS = 1000;

export interface ExtractionOptions {
  /** The name of the capture, for the documents of tables. */
  readonly file: string;
  /** Only regions and modules that share an address with one of these. */
  readonly ranges: readonly MemoryRange[];
  readonly fill: number | undefined;
  /** The most bytes that are filled in all files together. */
  readonly fillLimit: bigint;
  readonly signal: AbortSignal;
  readonly onFile: () => Promise<void>;
}

/** Bytes of memory by state, over all files of one kind. */
export interface ExtractedTotals {
  files: number;
  captured: bigint;
  /** Runs of addresses that were not captured, each in one state, and their bytes. */
  holes: number;
  notCaptured: bigint;
  /** Bytes that were captured, and that the capture lacks. */
  missing: bigint;
  /** Captured bytes of regions at addresses of modules where another region is preferred: they are in the files of their regions alone. */
  overlapped: bigint;
}

/** The tables that were written, their rows, and sentences about what could not be read. */
export interface ExtractedTables {
  tables: number;
  rows: number;
  readonly problems: Set<string>;
}

/** Members of a file in the manifest, and captured bytes at its addresses that it does not have. */
interface FileFacts {
  readonly members: object;
  readonly overlapped?: bigint;
}

/** One file: the addresses whose bytes it holds, its name without the address, and its members in the manifest. */
interface MemoryFile extends MemoryRange {
  readonly name: string;
  readonly about: () => FileFacts | Promise<FileFacts>;
  readonly memory: Memory;
}

export class Extraction {
  readonly #folder: string;
  readonly #capture: Capture;
  readonly #manifest: MemoryManifest;
  readonly #options: ExtractionOptions;
  #filled = 0n;

  constructor(folder: string, capture: Capture, manifest: MemoryManifest, options: ExtractionOptions) {
    this.#folder = folder;
    this.#capture = capture;
    this.#manifest = manifest;
    this.#options = options;
  }

  /** Writes a file for each region into `regions/`: its own bytes, also at addresses where reads prefer another region. */
  async regions(): Promise<ExtractedTotals> {
    const { overlappedParts, regionMemory } = await import("@memslice/analysis");
    const overlapped = await overlappedParts(this.#capture.memory, MOST_PARTS, this.#options.signal);
    const regions = await this.#capture.regions(this.#options.signal);
    return this.#write(
      "region",
      regions.map((region) => ({
        start: region.baseAddr,
        end: region.endAddr,
        name: region.head.regionTypeName,
        about: () => ({ members: aboutRegion(region, overlapped.get(region)) }),
        memory: regionMemory(this.#capture, region),
      })),
    );
  }

  /** Writes a file for each module into `modules/`: the memory between its base and its end, as reads by address give it. */
  async modules(): Promise<ExtractedTotals> {
    const modules = await this.#capture.modules(this.#options.signal);
    return this.#write(
      "module",
      modules.map(({ baseAddr, moduleSize, path }) => ({
        start: baseAddr,
        end: moduleEnd({ baseAddr, moduleSize }),
        name: path,
        about: () => this.#aboutModule(path, { start: baseAddr, end: moduleEnd({ baseAddr, moduleSize }) }),
        memory: this.#capture.memory,
      })),
    );
  }

  async #aboutModule(module: string, { start, end }: MemoryRange): Promise<FileFacts> {
    const { overlappedRegions } = await import("@memslice/analysis");
    const regions = await overlappedRegions(this.#capture.memory, start, end, this.#options.signal);
    if (regions.length === 0) return { members: { module } };
    const overlapped = regions.reduce((sum, { bytes }) => sum + bytes, 0n);
    const overlappedBlocks = regions.slice(0, MOST_PARTS).map(({ region }) => region.block.index);
    return { members: { module, overlappedBytes: String(overlapped), overlappedBlocks }, overlapped };
  }

  /** Writes each table that has rows into `tables/`, as CSV and as the document that its command prints. */
  async tables(): Promise<ExtractedTables> {
    const totals: ExtractedTables = { tables: 0, rows: 0, problems: new Set() };
    await this.#table(REGIONS, regionRows, totals);
    await this.#table(MODULES, moduleRows, totals);
    await this.#table(THREADS, threadRows, totals);
    await this.#table(REGISTERS, registerRows, totals, "registers");
    await this.#table(PROCESSES, (capture, signal) => entriesOf(capture, "ProcessTable", signal), totals);
    await this.#table(CONNECTIONS, (capture, signal) => entriesOf(capture, "ConnectionTable", signal), totals);
    await this.#table(HANDLES, (capture, signal) => entriesOf(capture, "HandleTable", signal), totals);
    await this.#table(SYSTEM, systemRows, totals);
    await this.#table(HINTS, (capture, signal) => hintRows(capture, signal, false), totals);
    return totals;
  }

  async #table<R>(table: Table<R>, read: ReadTable<R>, totals: ExtractedTables, name = table.name): Promise<void> {
    const { signal, onFile, file } = this.#options;
    const { rows, problems } = await read(this.#capture, signal);
    for (const problem of problems) totals.problems.add(problem);
    if (rows.length === 0) return;
    if (totals.tables === 0) await mkdir(join(this.#folder, "tables"), { mode: 0o700 });
    totals.tables++;
    totals.rows += rows.length;
    const content = { table, file, rows, count: rows.length, problems };
    const about = { kind: "table", table: name, rows: rows.length };
    await this.#textFile(`tables/${name}.csv`, joined([csvHeading(table)], csvTexts(table, rows)), { ...about, format: "csv" });
    await this.#textFile(`tables/${name}.json`, jsonTexts(content), { ...about, format: "json" });
    await onFile();
  }

  async #textFile(path: string, texts: Iterable<string>, about: object): Promise<void> {
    const sink = await fileSink(join(this.#folder, path), { mode: ONLY_OWNER, sync: "never" });
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      for await (const portion of inTurns(portionsOf(texts), this.#options.signal)) {
        const data = Buffer.from(portion);
        hash.update(data);
        bytes += data.length;
        await sink.write(data);
      }
    } finally {
      await sink.close?.();
    }
    await this.#manifest.file({ path, ...about, bytes: String(bytes), sha256: hash.digest("hex") });
  }

  async #write(kind: "region" | "module", files: Iterable<MemoryFile>): Promise<ExtractedTotals> {
    const totals: ExtractedTotals = { files: 0, captured: 0n, holes: 0, notCaptured: 0n, missing: 0n, overlapped: 0n };
    const { ranges, onFile } = this.#options;
    for (const file of files) {
      if (file.start >= file.end || !ranges.some(({ start, end }) => start < file.end && file.start < end)) continue;
      if (totals.files === 0) await mkdir(join(this.#folder, `${kind}s`), { mode: 0o700 });
      totals.files++;
      await this.#writeFile(kind, file, totals);
      await onFile();
    }
    return totals;
  }

  async #writeFile(kind: string, { start, end, name, about, memory }: MemoryFile, totals: ExtractedTotals): Promise<void> {
    const { packContent } = await import("@memslice/analysis");
    const { fill, signal } = this.#options;
    const fillLimit = this.#options.fillLimit - this.#filled;
    // The number keeps names apart: regions may share an address, and modules a name.
    const number = String(totals.files).padStart(4, "0");
    const path = `${kind}s/${number}-${start.toString(16).padStart(12, "0")}-${safeFileName(name)}.bin`;
    const sink = await fileSink(join(this.#folder, path), { mode: ONLY_OWNER, sync: "never" });
    const hash = createHash("sha256");
    let bytes = 0n;
    try {
      const { members, overlapped = 0n } = await about();
      totals.overlapped += overlapped;
      await this.#manifest.beginFile({
        path,
        kind,
        address: addressText(start),
        length: String(end - start),
        ...members,
      });
      const hashing = {
        write: (data: Uint8Array) => {
          hash.update(data);
          bytes += BigInt(data.length);
          return sink.write(data);
        },
      };
      for await (const run of packContent(memory, start, end, hashing, { fill, fillLimit, signal })) {
        count(run, totals);
        if (fill !== undefined && run.state !== "captured") this.#filled += run.end - run.start;
        await this.#manifest.run(run);
      }
      await this.#manifest.endFile({ bytes: String(bytes), sha256: hash.digest("hex") });
    } finally {
      await sink.close?.();
    }
  }
}

/** The address behind the module, in the address space. */
function moduleEnd({ baseAddr, moduleSize }: Pick<Module, "baseAddr" | "moduleSize">): bigint {
  const end = baseAddr + moduleSize;
  return end < ADDRESS_SPACE_END ? end : ADDRESS_SPACE_END;
}

/** The members of a region in the manifest. */
function aboutRegion({ block, head }: Region, overlapped: OverlappedParts | undefined): object {
  return {
    block: block.index,
    regionType: head.regionTypeName,
    protection: protectionText(head.protection),
    ...(overlapped && {
      overlappedLength: String(overlapped.bytes),
      overlapped: overlapped.parts.map(({ start, end }) => ({ address: addressText(start), length: String(end - start) })),
    }),
  };
}

function count({ start, end, state }: PackedRun, totals: ExtractedTotals): void {
  const length = end - start;
  if (state === "captured") totals.captured += length;
  else {
    totals.holes++;
    totals.notCaptured += length;
  }
  if (state === "missing") totals.missing += length;
}
