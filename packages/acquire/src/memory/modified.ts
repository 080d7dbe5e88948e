/**
 * Which pages of mapped files a process has changed. A private mapping shares the pages of its file until the process writes to one, and then has a copy. The page
 * map tells copies from pages of the file, and a copy that has the bytes of the file is no change. The marks of the kernel (soft-dirty) are of no use: they
 * would have to be cleared, which changes the process.
 */
import { closeSync, openSync, readSync } from "node:fs";
import type { MemoryRange } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { pathOfMapping } from "../proc/mapped-file.js";
import { minimum, pageStretches } from "../proc/page-table.js";
import type { ProcessFiles } from "../proc/process-files.js";
import { memoryTask } from "../proc/process-threads.js";
import { RemoteMounts } from "../proc/remote-mounts.js";
import { isOfFile, type MemoryArea } from "./area.js";
import type { LeftOutArea, ModifiedMapping, ModifiedRule, SelectedMemory } from "./selection.js";

/** Bytes that are compared at once. */
const PIECE_BYTES = 256 * 1024;
/** Units of a time slice that reading and comparing such a piece takes. */
const UNITS_PER_PIECE = 256;

/**
 * Keeps of each mapping of a file the pages that the process has changed, as areas of their own. Other memory stays as it is. A file that changes on the disk meanwhile
 * is compared as it is then. Throws `aborted`.
 */
export async function modifiedMemory(
  files: ProcessFiles,
  { areas, leftOut }: SelectedMemory,
  { pageBytes, signal }: { readonly pageBytes: bigint; readonly signal: AbortSignal | undefined },
): Promise<SelectedMemory> {
  const comparison = new Comparison(files, pageBytes, new TimeSlice(signal));
  const kept: MemoryArea[] = [];
  const unchanged: LeftOutArea[] = [];
  const modified: ModifiedMapping[] = [];
  for (const area of areas) {
    const { start, end, mapping } = area;
    const { path } = mapping;
    if (!isOfFile(mapping)) {
      kept.push(area);
      continue;
    }
    const { rule, copies } = await comparison.of(area);
    const pagesOf = (wanted: (copy: Copies) => boolean) =>
      copies.reduce((sum, copy) => sum + (wanted(copy) ? Number((copy.end - copy.start) / pageBytes) : 0), 0);
    modified.push({ start, end, path, rule, copiedPages: pagesOf(() => true), equalPages: pagesOf(({ equal }) => equal) });
    if (rule === "whole") {
      kept.push(area);
      continue;
    }
    let at = start;
    for (const copy of [...copies, { start: end, end, equal: true }]) {
      if (at < copy.start) unchanged.push({ start: at, end: copy.start, path, reason: "not-modified" });
      if (!copy.equal) kept.push({ ...area, start: copy.start, end: copy.end });
      else if (copy.start < copy.end) unchanged.push({ start: copy.start, end: copy.end, path, reason: "same-as-file" });
      at = copy.end;
    }
  }
  return { areas: kept, leftOut: [...leftOut, ...unchanged], modified };
}

/** Consecutive pages of which the process has copies: all with the bytes of the file, or none. */
interface Copies {
  readonly start: bigint;
  end: bigint;
  readonly equal: boolean;
}

class Comparison {
  readonly #files: ProcessFiles;
  readonly #pageBytes: bigint;
  readonly #slice: TimeSlice;
  readonly #mounts = new RemoteMounts();
  readonly #memory = new Uint8Array(PIECE_BYTES);
  readonly #content = new Uint8Array(PIECE_BYTES);

  constructor(files: ProcessFiles, pageBytes: bigint, slice: TimeSlice) {
    this.#files = files;
    this.#pageBytes = pageBytes;
    this.#slice = slice;
  }

  async of({ start, end, mapping }: MemoryArea): Promise<{ readonly rule: ModifiedRule; readonly copies: readonly Copies[] }> {
    const task = memoryTask(this.#files.pid);
    // A daemon that serves the file may be the process that is stopped.
    const isOpened = !mapping.deleted && !this.#mounts.hasDevice(task, mapping.device);
    const path = isOpened ? pathOfMapping(this.#files.pid, mapping) : undefined;
    if (mapping.deleted || (mapping.shared && path === undefined)) return { rule: "whole", copies: [] };
    if (mapping.shared) return { rule: "shared", copies: [] };
    const copied: Copies[] = [];
    for await (const stretch of pageStretches(this.#files, { start, end, pageBytes: this.#pageBytes }, "copied")) {
      if (stretch.present) add(copied, stretch.start, stretch.end, false);
    }
    if (path === undefined) return { rule: "page-map", copies: copied };
    try {
      const file = openSync(path, "r");
      try {
        const copies: Copies[] = [];
        for (const range of copied) await this.#compare(file, mapping.offset - mapping.start, range, copies);
        return { rule: "compared", copies };
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (!isOfSystem(error)) throw error;
      return { rule: "page-map", copies: copied };
    }
  }

  /** `shift`: from an address to the place in the file. A page that cannot be read, or lies behind the end of the file, is not equal. */
  async #compare(file: number, shift: bigint, { start, end }: MemoryRange, copies: Copies[]): Promise<void> {
    const page = Number(this.#pageBytes);
    for (let at = start; at < end; ) {
      if (this.#slice.isSpent(UNITS_PER_PIECE)) await this.#slice.renew();
      const length = Number(minimum(end - at, BigInt(PIECE_BYTES)));
      const memory = this.#memory.subarray(0, length);
      const read = this.#files.memoryNow(at, memory).bytes;
      const content = this.#content.subarray(0, length);
      const stored = contentAt(file, at + shift, content);
      for (let offset = 0; offset < length; offset += page) {
        const isEqual =
          offset + page <= read &&
          offset < stored &&
          Buffer.compare(memory.subarray(offset, offset + page), content.subarray(offset, offset + page)) === 0;
        add(copies, at + BigInt(offset), at + BigInt(offset + page), isEqual);
      }
      at += BigInt(length);
    }
  }
}

/** Behind the end of the file, the kernel fills its last page with zeros. Returns the bytes that the file has. */
function contentAt(file: number, position: bigint, target: Uint8Array): number {
  let done = 0;
  while (done < target.length) {
    const bytes = readSync(file, target, done, target.length - done, position + BigInt(done));
    if (bytes === 0) break;
    done += bytes;
  }
  target.fill(0, done);
  return done;
}

function add(copies: Copies[], start: bigint, end: bigint, equal: boolean): void {
  const last = copies.at(-1);
  if (last?.end === start && last.equal === equal) last.end = end;
  else copies.push({ start, end, equal });
}

/** Whether a call of the system failed. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
