/** Protections, states and types of memory in Windows, and those of captures. Source: winnt.h. */
import { codeNumber, REGION_TYPE } from "@memslice/msl";

/** `State` of MINIDUMP_MEMORY_INFO. */
export const MemoryState = { commit: 0x1000, reserve: 0x2000, free: 0x10000 } as const;
/** `Type` of MINIDUMP_MEMORY_INFO. */
const MemoryType = { private: 0x20000, mapped: 0x40000, image: 0x1000000 } as const;

/** Bits of Protection in captures. */
const R = 1;
const W = 2;
const X = 4;
const GUARD = 8;
const COPY_ON_WRITE = 16;

/** The low byte of PAGE_ constants, and the bits that it stands for. */
const PAIRS: readonly (readonly [page: number, bits: number])[] = [
  [0x01, 0],
  [0x02, R],
  [0x04, R | W],
  [0x08, R | W | COPY_ON_WRITE],
  [0x10, X],
  [0x20, R | X],
  [0x40, R | W | X],
  [0x80, R | W | X | COPY_ON_WRITE],
];
const PAGE_GUARD = 0x100;
/** The bits of PAGE_ constants that captures have. PAGE_NOCACHE 0x200 and PAGE_WRITECOMBINE 0x400 are none of them. */
export const KNOWN_PROTECT = 0x1ff;

/** Bits of Protection for a PAGE_ constant; undefined if its low byte is no such constant. Other bits are reported as lost. */
export function protectionOf(page: number): number | undefined {
  const pair = PAIRS.find(([low]) => low === (page & 0xff));
  return pair && pair[1] | (page & PAGE_GUARD ? GUARD : 0);
}

/** The PAGE_ constant for bits of Protection: the one that allows the same, or the nearest that allows more, since Windows cannot write without reading. */
export function pageProtection(protection: number): { readonly page: number; readonly exact: boolean } {
  const bits = protection & (R | W | X | COPY_ON_WRITE);
  const guard = protection & GUARD ? PAGE_GUARD : 0;
  const same = PAIRS.find(([, pair]) => pair === bits);
  if (same) return { page: same[0] | guard, exact: true };
  const nearest = PAIRS.find(([, pair]) => (pair & bits) === bits) ?? PAIRS.at(-1);
  return { page: (nearest?.[0] ?? 1) | guard, exact: false };
}

const region = (name: string) => codeNumber(REGION_TYPE, name) ?? 0;
const TYPES: readonly (readonly [type: number, region: number])[] = [
  [MemoryType.private, region("anonymous")],
  [MemoryType.mapped, region("mapped file")],
  [MemoryType.image, region("image")],
];

/** RegionType for `Type`; 0, unknown, for another value. */
export function regionTypeOf(type: number): number {
  return TYPES.find(([known]) => known === type)?.[1] ?? 0;
}

/** `Type` for a RegionType. Heaps, stacks and unknown memory are private to the process. */
export function memoryTypeOf(regionType: number): number {
  if (regionType === region("shared memory")) return MemoryType.mapped;
  return TYPES.find(([, known]) => known === regionType)?.[0] ?? MemoryType.private;
}
