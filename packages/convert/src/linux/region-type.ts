/** What a mapping of Linux is, in the terms of a capture. Source: man 5 proc, "/proc/pid/maps" (names in brackets); fs/proc/task_mmu.c, mm/shmem.c. */
import type { MappedRange } from "./proc-maps.js";

/** Codes of RegionType (specification, Memory Region). */
export const RegionType = {
  Unknown: 0,
  Heap: 1,
  Stack: 2,
  Image: 3,
  MappedFile: 4,
  Anonymous: 5,
  SharedMemory: 6,
  Other: 0xff,
} as const;

/** Names of the kernel's own, by what their mappings are. */
const NAMED: readonly (readonly [RegExp, number])[] = [
  [/^\[heap\]/, RegionType.Heap],
  [/^\[stack(:\d+)?\]/, RegionType.Stack],
  [/^\[vdso\]/, RegionType.Image],
  [/^\[anon_shmem:/, RegionType.SharedMemory],
  [/^\[anon:/, RegionType.Anonymous],
  [/^\[/, RegionType.Other],
  [/^\/(dev\/shm\/|memfd:|secretmem$|SYSV[0-9a-f]{8}$|dev\/zero$)/, RegionType.SharedMemory],
];

/** What the kernel calls anonymous memory with pages of hugetlbfs (fs/hugetlbfs/inode.c). */
const ANONYMOUS_HUGE = "/anon_hugepage";

/** The kind of memory by the name of a mapping, and whether it is shared, where that is known. A mapping of a file is `MappedFile`: only the file's header says whether it is an image. */
export function regionTypeOf({
  path,
  inode,
  shared = false,
}: Pick<MappedRange, "path" | "inode"> & { readonly shared?: boolean }): number {
  if (path === ANONYMOUS_HUGE) return shared ? RegionType.SharedMemory : RegionType.Anonymous;
  const named = NAMED.find(([pattern]) => pattern.test(path));
  if (named) return named[1];
  return path !== "" || inode !== 0n ? RegionType.MappedFile : RegionType.Anonymous;
}

/** R 1, W 2, X 4, and CopyOnWrite 16 for a private mapping of a file that may be written. */
export function protectionOf({
  readable,
  writable,
  executable,
  shared,
  path,
}: Pick<MappedRange, "readable" | "writable" | "executable" | "shared" | "path">): number {
  const copies = writable && !shared && path.startsWith("/") && path !== ANONYMOUS_HUGE;
  return (readable ? 1 : 0) | (writable ? 2 : 0) | (executable ? 4 : 0) | (copies ? 16 : 0);
}
