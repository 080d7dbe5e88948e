/**
 * The XSAVE area of x86 processors, which NT_X86_XSTATE holds in its standard form (Intel SDM volume 1, 13.4): the FXSAVE area, a header, and components, each for a set of registers.
 * Where a component stands depends on the processor. The core says it in NT_X86_XSAVE_LAYOUT (Linux 6.12), or the size of the area tells it: it ends with one of the
 * components that XCR0 has. gdb decides in the same way (i387-tdep.c, i387_guess_xsave_layout).
 */
import { concatenated } from "@memslice/msl/work";
import type { StructureOrder } from "../structures/structure.js";
import { Structure, u32 } from "../structures/structure.js";
import type { RegisterValue } from "./core-registers.js";

/** Where a component stands, in bytes. */
interface XsaveComponent {
  readonly offset: number;
  readonly size: number;
}

/** Components by their number, which is that of their bit in XCR0. */
export type XsaveLayout = ReadonlyMap<number, XsaveComponent>;

/** The numbers of components. */
const Component = { Avx: 2, BoundRegisters: 3, BoundStatus: 4, Opmask: 5, ZmmHigh: 6, Zmm16: 7, Pkru: 9 } as const;

/** Names of components, for reports. */
const NAMES: Readonly<Record<number, string>> = {
  ...{ 2: "AVX", 3: "BNDREGS", 4: "BNDCSR", 5: "opmask", 6: "ZMM_Hi256", 7: "Hi16_ZMM", 8: "PT", 9: "PKRU", 10: "PASID" },
  ...{ 11: "CET_U", 12: "CET_S", 13: "HDC", 14: "UINTR", 15: "LBR", 16: "HWP", 17: "XTILECFG", 18: "XTILEDATA", 19: "APX" },
};

const layoutOf = (rows: readonly (readonly [number: number, offset: number, size: number])[]): XsaveLayout =>
  new Map(rows.map(([number, offset, size]) => [number, { offset, size }]));

/** Intel: each component has one place, whichever others the processor has. */
const INTEL = layoutOf([
  ...([
    [2, 576, 256],
    [3, 960, 64],
    [4, 1024, 64],
    [5, 1088, 64],
    [6, 1152, 512],
    [7, 1664, 1024],
    [9, 2688, 8],
  ] as const),
  ...([
    [17, 2752, 64],
    [18, 2816, 8192],
  ] as const),
]);
/** AMD, with AVX-512 and without: there are no bound registers, and what follows moves up. */
const AMD = layoutOf([
  [2, 576, 256],
  [5, 832, 64],
  [6, 896, 512],
  [7, 1408, 1024],
  [9, 2432, 8],
]);
const AMD_AVX = layoutOf([
  [2, 576, 256],
  [9, 960, 8],
]);

/** Bytes of the area that are read: all components above. */
export const XSAVE_MOST = 16_384;
/** Bytes up to the end of the header. */
export const XSAVE_HEAD = 576;
/** XCR0 where Linux keeps it, in bytes that the FXSAVE area has for software; XSTATE_BV and XCOMP_BV of the header. */
const XCR0_AT = 464;
const XSTATE_BV_AT = 512;
const XCOMP_BV_AT = 520;
const COMPACTED = 1n << 63n;

/** What the first `XSAVE_HEAD` bytes of an area say. */
export interface XsaveHead {
  /** The components that the system saves, as bits. */
  readonly xcr0: bigint;
  /** The components that are not in their initial state, which is zero. */
  readonly used: bigint;
  /** Whether the area is in the compacted form, which cores do not have. */
  readonly isCompacted: boolean;
}

/** `area`: at least `XSAVE_HEAD` bytes. */
export function xsaveHead(area: Uint8Array): XsaveHead {
  const view = new DataView(area.buffer, area.byteOffset, area.length);
  const word = (at: number) => view.getBigUint64(at, true);
  return { xcr0: word(XCR0_AT), used: word(XSTATE_BV_AT), isCompacted: (word(XCOMP_BV_AT) & COMPACTED) !== 0n };
}

const xfeature = new Structure("xfeat_component", 16, { type: u32(0), size: u32(4), offset: u32(8), flags: u32(12) });

/** The layout that NT_X86_XSAVE_LAYOUT says. */
export function statedLayout(descriptor: Uint8Array, order: StructureOrder): XsaveLayout {
  const count = Math.floor(descriptor.length / xfeature.size);
  const rows = Array.from({ length: count }, (_, index) => xfeature.decode(descriptor, index * xfeature.size, order));
  return layoutOf(rows.filter(({ type }) => type > 1 && type < 63).map(({ type, offset, size }) => [type, offset, size]));
}

const has = (bits: bigint, number: number) => ((bits >> BigInt(number)) & 1n) !== 0n;

/** The components that an area of `size` bytes has, as far as their places are known. `stated`: what the core says about them. */
export function xsaveLayout({ xcr0, isCompacted }: XsaveHead, size: number, stated: XsaveLayout | undefined): XsaveLayout {
  if (isCompacted) return new Map();
  const room = Math.min(size, XSAVE_MOST);
  const fits = ([number, one]: [number, XsaveComponent]) =>
    has(xcr0, number) && one.size >= (READ.get(number) ?? 0) && one.offset >= XSAVE_HEAD && one.offset + one.size <= room;
  const own = (layout: XsaveLayout) => [...layout].filter(fits);
  const found =
    stated ?? [INTEL, AMD, AMD_AVX].find((one) => own(one).some(([, { offset, size: bytes }]) => offset + bytes === size));
  // AVX is the first component of every processor.
  return new Map(own(found ?? AMD_AVX).filter(([number]) => found !== undefined || number === Component.Avx));
}

/** Names of the components that are in use and whose place is not known, and of those that `xsaveRegisters` makes no registers of. */
export function lostComponents(used: bigint, layout: XsaveLayout): { readonly unplaced: string[]; readonly unread: string[] } {
  const [unplaced, unread]: [string[], string[]] = [[], []];
  for (let number = 2; number < 63; number++) {
    if (!has(used, number)) continue;
    const name = NAMES[number] ?? `component ${number}`;
    if (!READ.has(number)) unread.push(name);
    else if (!layout.has(number)) unplaced.push(name);
  }
  return { unplaced, unread };
}

/** Components that registers are made of, and the bytes that these take. */
const READ: ReadonlyMap<number, number> = new Map([
  [Component.Avx, 256],
  [Component.BoundRegisters, 64],
  [Component.BoundStatus, 16],
  [Component.Opmask, 64],
  [Component.ZmmHigh, 512],
  [Component.Zmm16, 1024],
  [Component.Pkru, 4],
]);

/** The registers of an area, with the names of gdb: ymm0 to 15, zmm0 to 31, k0 to 7, pkru, bound registers. A component that is not in use is in its initial state, which is zero. */
export function xsaveRegisters(area: Uint8Array, size: number, stated: XsaveLayout | undefined): RegisterValue[] {
  if (area.length < XSAVE_HEAD) return [];
  const head = xsaveHead(area);
  const layout = xsaveLayout(head, size, stated);
  /** `length` bytes of a component at `at`. */
  const part = (number: number, at: number, length: number): Uint8Array => {
    const place = layout.get(number);
    if (!place || !has(head.used, number)) return new Uint8Array(length);
    return area.slice(place.offset + at, place.offset + at + length);
  };
  const rows = (number: number, count: number, name: (index: number) => string, value: (index: number) => Uint8Array[]) =>
    layout.has(number)
      ? Array.from({ length: count }, (_, index) => ({ name: name(index), flags: 0, value: concatenated(value(index)) }))
      : [];
  const xmm = (index: number) => area.subarray(XMM_AT + 16 * index, XMM_AT + 16 * (index + 1));
  const ymm = (index: number) => [xmm(index), part(Component.Avx, 16 * index, 16)];
  return [
    ...rows(Component.Avx, 16, (index) => `ymm${index}`, ymm),
    ...rows(
      Component.ZmmHigh,
      16,
      (index) => `zmm${index}`,
      (index) => [...ymm(index), part(Component.ZmmHigh, 32 * index, 32)],
    ),
    ...rows(
      Component.Zmm16,
      16,
      (index) => `zmm${16 + index}`,
      (index) => [part(Component.Zmm16, 64 * index, 64)],
    ),
    ...rows(
      Component.Opmask,
      8,
      (index) => `k${index}`,
      (index) => [part(Component.Opmask, 8 * index, 8)],
    ),
    ...rows(
      Component.Pkru,
      1,
      () => "pkru",
      () => [part(Component.Pkru, 0, 4)],
    ),
    ...rows(
      Component.BoundRegisters,
      4,
      (index) => `bnd${index}raw`,
      (index) => [part(Component.BoundRegisters, 16 * index, 16)],
    ),
    ...rows(
      Component.BoundStatus,
      2,
      (index) => ["bndcfgu", "bndstatus"][index] ?? "",
      (index) => [part(Component.BoundStatus, 8 * index, 8)],
    ),
  ];
}

const XMM_AT = 160;
