/** What changed in a process that runs while it is captured: it is captured again, as long as it is asked for. */
import { modulesOf } from "../identity/modules.js";
import { byVolatility, hasNoPages, isEmpty } from "../memory/area.js";
import { type Look, memoryOf, partOf } from "../memory/look.js";
import type { SelectedMemory } from "../memory/selection.js";
import { type AcquireOptions, DEFAULT_RETRIES } from "../options.js";
import type { ProcessFiles } from "../proc/process-files.js";
import { changesBetween, type MappingChange } from "./changes.js";
import type { RegionWriter } from "./region-writer.js";

/** What the last look at the mappings found. */
export interface Followed {
  /** Rounds of changes: what one found was captured again by the next one. */
  readonly changes: readonly (readonly MappingChange[])[];
  /** Whether the mappings are as they were captured. */
  readonly consistent: boolean;
  /** Whether the process has ended, or runs another program. */
  readonly isGone: boolean;
}

/** Captures again what changed since the look. `again`: not for a process that was stopped, whose changes are only reported. */
export async function followChanges(
  files: ProcessFiles,
  regions: RegionWriter,
  { mappings, pageBytes }: Omit<Look, "memory">,
  { options, again }: { readonly options: AcquireOptions; readonly again: boolean },
): Promise<Followed> {
  const { retries = DEFAULT_RETRIES } = options;
  const rounds: MappingChange[][] = [];
  let before = mappings;
  for (let round = 0; ; round++) {
    const ranges = await files.mappedRanges();
    if (ranges.length === 0 || !files.isAlive) return { changes: rounds, consistent: false, isGone: true };
    if (changesBetween(before, ranges).length === 0) return { changes: rounds, consistent: true, isGone: false };
    const after = await files.mappings();
    const changes = changesBetween(before, after);
    if (changes.length === 0) return { changes: rounds, consistent: true, isGone: false };
    rounds.push(changes);
    if (round === retries || !again) return { changes: rounds, consistent: false, isGone: false };
    const { areas } = await memoryOf(files, { mappings: after, modules: modulesOf(after), pageBytes }, options);
    for (const area of [...areas].sort(byVolatility)) {
      for (const change of changes) {
        const part = change.change === "removed" ? undefined : partOf(area, change);
        if (part) await regions.read(part);
      }
    }
    before = after;
  }
}

/** What is too large to be looked up page by page, and had no page at the first look, may have got pages since. */
export async function readNewPages(files: ProcessFiles, regions: RegionWriter, { areas }: SelectedMemory): Promise<void> {
  const skipped = areas.filter((area) => isEmpty(area.mapping) && hasNoPages(area.mapping, area));
  if (skipped.length === 0) return;
  const filled = (await files.mappings()).filter((mapping) => !isEmpty(mapping));
  for (const area of skipped) {
    for (const mapping of filled) {
      const part = partOf({ ...area, mapping }, mapping);
      if (part) await regions.read(part);
    }
  }
}
