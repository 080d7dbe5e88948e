/** Which mappings a capture takes. What is left out has a reason, and is part of the report: a capture never hides that it is not the whole process. */
import type { MemoryRange } from "@memslice/msl";
import type { Mapping } from "../proc/mapping.js";
import { areaOf, isAnonymous, type LeftOutByDefault, leftOutByDefault, type MemoryArea } from "./area.js";

/** What a capture takes of the memory of a process. Default: every mapping, except devices and memory that is excluded from core dumps. */
export interface Selection {
  /** Only these addresses; mappings are cut at their borders, rounded outwards to whole pages. */
  readonly ranges?: readonly MemoryRange[];
  /** Only mappings whose path contains one of these texts, such as "libssl" or "[heap]". */
  readonly paths?: readonly string[];
  /** Only mappings with all of these rights, such as "rw": letters of r, w, x, and s (shared) or p (private). */
  readonly protection?: string;
  /** The most bytes of a mapping that is captured. */
  readonly maxRegion?: bigint;
  /** Leaves out mappings of files. Default false. */
  readonly skipFileBacked?: boolean;
  /** Of mappings of files only the pages that the process has changed: its own copies whose bytes are not those of the file. Default false. */
  readonly onlyModified?: boolean;
  /** Pages of mapped files that are not in the page table of the process are read from the file, which makes the process grow. Default false. */
  readonly filePages?: boolean;
  /** Also memory that the process excludes from core dumps (MADV_DONTDUMP). Default false. */
  readonly dontDump?: boolean;
  /** Also memory of devices, where a read can have effects on the device. Default false. */
  readonly devices?: boolean;
}

/**
 * `dontdump`, `device`: see `LeftOutByDefault`. `not-modified`: pages of a mapped file of which the process has no copy; `same-as-file`: copies that have the
 * bytes of the file. The others are the option that left the mapping out.
 */
export type LeftOutReason =
  | LeftOutByDefault
  | "ranges"
  | "paths"
  | "protection"
  | "max-region"
  | "file-backed"
  | "not-modified"
  | "same-as-file";

/** Addresses that were mapped and are not in the capture. */
export interface LeftOutArea {
  readonly start: bigint;
  readonly end: bigint;
  readonly path: string;
  readonly reason: LeftOutReason;
}

/**
 * How the pages of a file's mapping that the process has changed were found. `compared`: of its copies, those with other bytes than the file. `page-map`: all of
 * its copies, because the file cannot be read, or may never answer. `shared`: none, because what is written to a shared mapping is in the file. `whole`: all
 * pages, because the file was deleted or never had a name, or because a shared mapping is of what cannot be read elsewhere, such as the rings of io_uring.
 */
export type ModifiedRule = "compared" | "page-map" | "shared" | "whole";

/** A mapping of a file, or a part of it, of which only modified pages were asked for. */
export interface ModifiedMapping extends MemoryRange {
  readonly path: string;
  readonly rule: ModifiedRule;
  /** Pages of which the process has a copy of its own; 0 where they are not asked for (`shared`, `whole`). */
  readonly copiedPages: number;
  /** Copies that have the bytes of the file, and are left out. */
  readonly equalPages: number;
}

export interface SelectedMemory {
  readonly areas: readonly MemoryArea[];
  readonly leftOut: readonly LeftOutArea[];
  /** With `onlyModified`: the mappings of files, and how their modified pages were found. */
  readonly modified?: readonly ModifiedMapping[];
}

/** `isModule`: whether a mapping belongs to a program or library that is loaded. */
export function selectMemory(
  mappings: readonly Mapping[],
  selection: Selection,
  pageBytes: bigint,
  isModule: (mapping: Mapping) => boolean,
): SelectedMemory {
  const areas: MemoryArea[] = [];
  const leftOut: LeftOutArea[] = [];
  for (const mapping of mappings) {
    const reason = reasonToLeaveOut(mapping, selection);
    const taken = reason === undefined ? within(mapping, selection.ranges, pageBytes) : [];
    const area = areaOf(mapping, isModule(mapping));
    let at = mapping.start;
    for (const { start, end } of [...taken, { start: mapping.end, end: mapping.end }]) {
      if (at < start) leftOut.push({ start: at, end: start, path: mapping.path, reason: reason ?? "ranges" });
      if (start < end) areas.push({ ...area, start, end });
      at = end;
    }
  }
  return { areas, leftOut };
}

function reasonToLeaveOut(mapping: Mapping, selection: Selection): LeftOutReason | undefined {
  const { paths, protection, maxRegion } = selection;
  const byDefault = leftOutByDefault(mapping);
  if (byDefault === "device" && !selection.devices) return byDefault;
  if (byDefault === "dontdump" && !selection.dontDump) return byDefault;
  if (paths && !paths.some((part) => mapping.path.includes(part))) return "paths";
  if (protection !== undefined && ![...protection].every((letter) => rightsOf(mapping).includes(letter))) return "protection";
  if (maxRegion !== undefined && mapping.end - mapping.start > maxRegion) return "max-region";
  return selection.skipFileBacked && !isAnonymous(mapping) ? "file-backed" : undefined;
}

function rightsOf({ readable, writable, executable, shared }: Mapping): string {
  return `${readable ? "r" : ""}${writable ? "w" : ""}${executable ? "x" : ""}${shared ? "s" : "p"}`;
}

/** The parts of a mapping inside the ranges, ascending, each page once. */
function within({ start, end }: MemoryRange, ranges: readonly MemoryRange[] | undefined, pageBytes: bigint): MemoryRange[] {
  if (!ranges) return [{ start, end }];
  const parts = ranges
    .map((range) => ({ start: down(range.start, pageBytes), end: down(range.end + pageBytes - 1n, pageBytes) }))
    .map((range) => ({ start: range.start > start ? range.start : start, end: range.end < end ? range.end : end }))
    .filter((range) => range.start < range.end)
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const joined: { start: bigint; end: bigint }[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last && part.start <= last.end) last.end = part.end > last.end ? part.end : last.end;
    else joined.push({ ...part });
  }
  return joined;
}

function down(address: bigint, size: bigint): bigint {
  return address - (address % size);
}
