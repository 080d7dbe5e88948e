/**
 * Which pages of mapped files a process has changed: a private mapping shares the pages of its file until the process writes to one, and then has a copy. The page
 * map tells copies from pages of the file, so that neither the file has to be read, nor the marks of the kernel (soft-dirty) be cleared, which would change
 * the process.
 */

import { pageStretches } from "../proc/page-table.js";
import type { ProcessFiles } from "../proc/process-files.js";
import { isOfFile, type MemoryArea } from "./area.js";
import type { LeftOutArea, SelectedMemory } from "./selection.js";

/**
 * Keeps of each mapping of a file the pages that are copies, as areas of their own, and of a shared mapping nothing: what was written there is in the file.
 * Other memory stays as it is, and all of a file that has no name any more, or never had one (memfd): nobody can read it elsewhere.
 */
export async function modifiedMemory(
  files: ProcessFiles,
  { areas, leftOut }: SelectedMemory,
  pageBytes: bigint,
): Promise<SelectedMemory> {
  const kept: MemoryArea[] = [];
  const unchanged: LeftOutArea[] = [];
  for (const area of areas) {
    if (!isOfFile(area.mapping) || area.mapping.deleted) {
      kept.push(area);
      continue;
    }
    const { start, end, mapping } = area;
    const copied = mapping.shared ? [] : pageStretches(files, { start, end, pageBytes }, "copied");
    let at = start;
    for await (const stretch of copied) {
      if (!stretch.present) continue;
      const last = kept.at(-1);
      if (last?.mapping === mapping && last.end === stretch.start) kept[kept.length - 1] = { ...last, end: stretch.end };
      else kept.push({ ...area, start: stretch.start, end: stretch.end });
      if (at < stretch.start) unchanged.push({ start: at, end: stretch.start, path: mapping.path, reason: "not-modified" });
      at = stretch.end;
    }
    if (at < end) unchanged.push({ start: at, end, path: mapping.path, reason: "not-modified" });
  }
  return { areas: kept, leftOut: [...leftOut, ...unchanged] };
}
