/** The programs and libraries that a process has loaded: files with at least one executable mapping, and the library that the kernel maps itself. */

import { isOfFile } from "../memory/area.js";
import type { Mapping } from "../proc/mapping.js";

export interface LoadedModule {
  readonly baseAddr: bigint;
  /** Bytes from the first mapping of the file to the end of the last one. */
  readonly moduleSize: bigint;
  readonly path: string;
  /** Whether the file was deleted since it was loaded. */
  readonly deleted: boolean;
  /** The mappings of the file, ascending. */
  readonly mappings: readonly Mapping[];
}

/** A part of a file lies in memory as far from the start of the file as in the file, up to what linkers put between segments. */
const GAP_MOST = 64n << 20n;

/**
 * In the order of their addresses. A file that was loaded twice is two modules; a part of it that was mapped elsewhere once more, as V8 does with its builtins,
 * is none.
 */
export function modulesOf(mappings: readonly Mapping[]): LoadedModule[] {
  const files = new Map<string, Mapping[][]>();
  const groups: Mapping[][] = [];
  for (const mapping of mappings) {
    if (!isOfFile(mapping) && mapping.path !== "[vdso]") continue;
    const file = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    const copies = files.get(file) ?? [];
    const group = copies.at(-1);
    if (group && belongsTo(group, mapping)) group.push(mapping);
    else if (!group || mapping.offset === 0n) {
      const begun = [mapping];
      files.set(file, [...copies, begun]);
      groups.push(begun);
    }
  }
  return groups.flatMap((group) => (group.some(({ executable }) => executable) ? [moduleOf(group)] : []));
}

function belongsTo(group: readonly Mapping[], { start, offset }: Mapping): boolean {
  const [first] = group;
  if (!first || start === group.at(-1)?.end) return first !== undefined;
  // A loader maps the start of a file first, so that another start is another copy.
  const gap = start - first.start - (offset - first.offset);
  return offset !== 0n && gap > -GAP_MOST && gap < GAP_MOST;
}

function moduleOf(mappings: readonly Mapping[]): LoadedModule {
  const [first] = mappings;
  if (!first) throw new RangeError("A module has at least one mapping");
  const end = mappings.at(-1)?.end ?? first.end;
  return { baseAddr: first.start, moduleSize: end - first.start, path: first.path, deleted: first.deleted, mappings };
}
