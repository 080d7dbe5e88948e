/** One look at the mappings of a process: its modules, and which memory is captured. */
import type { MemoryRange } from "@memslice/msl";
import { type LoadedModule, modulesOf } from "../identity/modules.js";
import { type Mapping, systemPageBytes } from "../proc/mapping.js";
import type { ProcessFiles } from "../proc/process-files.js";
import type { MemoryArea } from "./area.js";
import { modifiedMemory } from "./modified.js";
import { type SelectedMemory, type Selection, selectMemory } from "./selection.js";

export interface Look {
  readonly mappings: readonly Mapping[];
  readonly modules: readonly LoadedModule[];
  readonly memory: SelectedMemory;
  /** Size of a page of the system. */
  readonly pageBytes: number;
}

type LookOptions = Selection & { readonly signal?: AbortSignal };

/** Throws `source`, and `aborted`. */
export async function lookAt(files: ProcessFiles, options: LookOptions): Promise<Look> {
  const mappings = await files.mappings();
  const modules = modulesOf(mappings);
  const pageBytes = systemPageBytes(mappings);
  return { mappings, modules, memory: await memoryOf(files, { mappings, modules, pageBytes }, options), pageBytes };
}

/** What is captured of mappings. */
export async function memoryOf(
  files: ProcessFiles,
  { mappings, modules, pageBytes: size }: Omit<Look, "memory">,
  options: LookOptions,
): Promise<SelectedMemory> {
  const ofModules = new Set(modules.flatMap((module) => module.mappings));
  const pageBytes = BigInt(size);
  const selected = selectMemory(mappings, options, pageBytes, (mapping) => ofModules.has(mapping));
  return options.onlyModified ? modifiedMemory(files, selected, { pageBytes, signal: options.signal }) : selected;
}

/** Bytes in memory and swap, as the kernel counts them. */
export function bytesIn({ areas }: SelectedMemory): number {
  return areas.reduce(
    (sum, { start, end, mapping }) => sum + Math.min(mapping.residentBytes + mapping.swappedBytes, Number(end - start)),
    0,
  );
}

/** The part of an area between two addresses; undefined if there is none. */
export function partOf(area: MemoryArea, { start, end }: MemoryRange): MemoryArea | undefined {
  const part = { ...area, start: start > area.start ? start : area.start, end: end < area.end ? end : area.end };
  return part.start < part.end ? part : undefined;
}
