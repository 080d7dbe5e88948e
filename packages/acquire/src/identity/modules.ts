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

/** In the order of their addresses. A file that was loaded twice is two modules. */
export function modulesOf(mappings: readonly Mapping[]): LoadedModule[] {
  const open = new Map<string, Mapping[]>();
  const groups: Mapping[][] = [];
  for (const mapping of mappings) {
    if (!isOfFile(mapping) && mapping.path !== "[vdso]") continue;
    const file = `${mapping.device} ${mapping.inode} ${mapping.path}`;
    const group = open.get(file);
    // A loader maps the start of a file first, so that another start is another copy.
    const isCopy = mapping.offset === 0n && mapping.start !== group?.at(-1)?.end;
    if (group && !isCopy) group.push(mapping);
    else {
      const begun = [mapping];
      open.set(file, begun);
      groups.push(begun);
    }
  }
  return groups.flatMap((group) => (group.some(({ executable }) => executable) ? [moduleOf(group)] : []));
}

function moduleOf(mappings: readonly Mapping[]): LoadedModule {
  const [first] = mappings;
  if (!first) throw new RangeError("A module has at least one mapping");
  const end = mappings.at(-1)?.end ?? first.end;
  return { baseAddr: first.start, moduleSize: end - first.start, path: first.path, deleted: first.deleted, mappings };
}
