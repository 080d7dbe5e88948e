/** The contents that the bits of CapBitmap and TableBitmap announce (specification, capability bitmap and System Context). */
import { BlockType } from "./codes.js";

/** The types of bits 2 to 7 have no specified payload; for threads, producers use the layout of a proposal. */
export const CAPABILITIES: readonly { readonly bit: number; readonly name: string; readonly types: readonly number[] }[] = [
  { bit: 0, name: "MemoryRegions", types: [BlockType.MemoryRegion] },
  { bit: 1, name: "ModuleList", types: [BlockType.ModuleListIndex, BlockType.ModuleEntry] },
  { bit: 2, name: "ThreadContexts", types: [BlockType.ThreadContext] },
  { bit: 3, name: "FileDescriptors", types: [0x0012] },
  { bit: 4, name: "NetworkState", types: [0x0013] },
  { bit: 5, name: "EnvironmentVars", types: [0x0014] },
  { bit: 6, name: "SharedMemory", types: [] },
  { bit: 7, name: "SecurityContext", types: [0x0015] },
  { bit: 8, name: "ProcessIdentity", types: [BlockType.ProcessIdentity] },
  { bit: 9, name: "RelatedDumps", types: [BlockType.RelatedDump] },
  { bit: 10, name: "CryptoHints", types: [BlockType.KeyHint] },
  { bit: 11, name: "SystemContext", types: [BlockType.SystemContext] },
  { bit: 12, name: "SystemProcessTable", types: [BlockType.ProcessTable] },
  { bit: 13, name: "SystemNetworkTable", types: [BlockType.ConnectionTable] },
  { bit: 14, name: "SystemHandleTable", types: [BlockType.HandleTable] },
];
export const FIRST_RESERVED_CAPABILITY = 15;

/** Names of the bits that are set in `capBitmap` although no type of `types` belongs to them. `types`: the block types that the capture has. */
export function announcedButMissing(capBitmap: bigint, types: ReadonlySet<number>): string[] {
  const missing = CAPABILITIES.filter(
    ({ bit, types: of }) => ((capBitmap >> BigInt(bit)) & 1n) === 1n && !of.some((type) => types.has(type)),
  );
  return missing.map(({ name }) => name);
}

/** The tables of an investigation by their bits of TableBitmap. */
export const TABLE_BITS: readonly { readonly bit: number; readonly type: number }[] = [
  { bit: 0, type: BlockType.ProcessTable },
  { bit: 1, type: BlockType.ConnectionTable },
  { bit: 2, type: BlockType.HandleTable },
  { bit: 3, type: BlockType.ConnectivityTable },
];

/** CapBitmap of a capture with blocks of these types. */
export function capBitmapOf(types: ReadonlySet<number>): bigint {
  return CAPABILITIES.reduce(
    (bitmap, { bit, types: of }) => (of.some((type) => types.has(type)) ? bitmap | (1n << BigInt(bit)) : bitmap),
    0n,
  );
}

/** TableBitmap of a capture with blocks of these types. */
export function tableBitmapOf(types: ReadonlySet<number>): number {
  return TABLE_BITS.reduce((bitmap, { bit, type }) => (types.has(type) ? bitmap | (1 << bit) : bitmap), 0);
}
