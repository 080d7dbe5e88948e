/** What a capture holds of a mapping: its region type, its protection, and whether its pages are read. */

import { protectionOf, regionTypeOf } from "@memslice/convert/linux";
import type { MemoryRange } from "@memslice/msl";
import type { Mapping } from "../proc/mapping.js";

/** Codes of RegionType of a Memory Region. */
const HEAP = 1;
const STACK = 2;
const IMAGE = 3;
const ANONYMOUS = 5;
const OTHER = 0xff;

/** The addresses of one mapping, or a part of them, as a capture describes them. */
export interface MemoryArea {
  readonly start: bigint;
  readonly end: bigint;
  readonly mapping: Mapping;
  /** The code of RegionType. */
  readonly type: number;
  /** The sum of the bits 1 R, 2 W, 4 X, 16 CopyOnWrite. */
  readonly protection: number;
}

/** Mappings that the kernel makes, and that no other process can read. */
const KERNEL_ONLY = new Set(["[vvar]", "[vvar_vclock]", "[vsyscall]"]);

/** Whether the kernel lets no process read the mapping from outside: its pages are recorded as unmapped, and not tried. */
export function isKernelOnly({ path }: Mapping): boolean {
  return KERNEL_ONLY.has(path);
}

/** Why a mapping is not captured unless an option asks for it. */
export type LeftOutByDefault = "dontdump" | "device";

/**
 * `device`: memory of a device (VM_IO, VM_PFNMAP), where a read can have effects. `dontdump`: the process asked that core dumps leave it out
 * (MADV_DONTDUMP). undefined for a mapping of neither kind.
 */
export function leftOutByDefault(mapping: Mapping): LeftOutByDefault | undefined {
  if (mapping.path.startsWith("[v")) return undefined;
  if (mapping.flags.has("io") || mapping.flags.has("pf")) return "device";
  return mapping.flags.has("dd") ? "dontdump" : undefined;
}

/** Whether there is a file behind the mapping, also one that was deleted or never had a name. */
export function isOfFile({ inode }: Mapping): boolean {
  return inode !== 0n;
}

/** Names that the kernel gives to what is mapped with MAP_ANONYMOUS and is shared, or has huge pages: files that nobody can open. */
const ANONYMOUS_FILES = new Set(["/dev/zero", "/anon_hugepage"]);

/** Whether the mapping is of no file, as far as the process knows. */
export function isAnonymous({ inode, path, deleted }: Mapping): boolean {
  return inode === 0n || (deleted && ANONYMOUS_FILES.has(path));
}

/** The area of a whole mapping. `isModule`: whether its file is loaded as a program or library. */
export function areaOf(mapping: Mapping, isModule: boolean): MemoryArea {
  const { start, end } = mapping;
  return { start, end, mapping, type: typeOf(mapping, isModule), protection: protectionOf(mapping) };
}

function typeOf(mapping: Mapping, isModule: boolean): number {
  // "gd": the mapping grows downwards, as only stacks do.
  if (mapping.flags.has("gd")) return STACK;
  return isModule ? IMAGE : regionTypeOf(mapping);
}

/** Mappings of more than this that have nothing in memory or swap are not looked up in the page table, which has 2 MiB of entries for each gibibyte. */
const EMPTY_BYTES = 1n << 30n;

/** Whether no page between two addresses of the mapping is looked up: the kernel lets nobody read them, or counted none, and they are many. */
export function hasNoPages(mapping: Mapping, { start, end }: MemoryRange): boolean {
  return isKernelOnly(mapping) || (end - start > EMPTY_BYTES && isEmpty(mapping));
}

/** Whether nothing of the mapping was in memory or swap when the kernel counted. */
export function isEmpty({ residentBytes, swappedBytes }: Mapping): boolean {
  return residentBytes + swappedBytes === 0;
}

/** The order in which memory is captured: what the process changes most comes first. */
export function byVolatility(a: MemoryArea, b: MemoryArea): number {
  const rank = volatility(a) - volatility(b);
  if (rank !== 0) return rank;
  return a.start < b.start ? -1 : a.start > b.start ? 1 : 0;
}

function volatility({ type, mapping }: MemoryArea): number {
  if (!mapping.writable) return isOfFile(mapping) || type === IMAGE || type === OTHER ? 4 : 3;
  if (type === STACK) return 0;
  return type === HEAP || type === ANONYMOUS ? 1 : 2;
}
