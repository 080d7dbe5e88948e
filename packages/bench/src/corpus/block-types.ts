/**
 * Codes and bits of the specification by kind of block. They are written out here again, so that manifests are independent of the
 * library's tables.
 */
import type { WritablePayload } from "@memslice/msl";

export const TYPE_CODES = {
  MemoryRegion: 0x0001,
  ModuleEntry: 0x0002,
  ModuleListIndex: 0x0010,
  ThreadContext: 0x0011,
  KeyHint: 0x0020,
  ImportProvenance: 0x0030,
  ProcessIdentity: 0x0040,
  RelatedDump: 0x0041,
  SystemContext: 0x0050,
  ProcessTable: 0x0051,
  ConnectionTable: 0x0052,
  HandleTable: 0x0053,
  ConnectivityTable: 0x0055,
} as const satisfies Record<WritablePayload["kind"], number>;

export const END_OF_CAPTURE = 0x0fff;
export const NIL_UUID = "00000000-0000-0000-0000-000000000000";

export type Kind = keyof typeof TYPE_CODES;

const CAPABILITY_BITS: Partial<Record<Kind, number>> = {
  MemoryRegion: 0,
  ModuleEntry: 1,
  ModuleListIndex: 1,
  ThreadContext: 2,
  ProcessIdentity: 8,
  RelatedDump: 9,
  KeyHint: 10,
  SystemContext: 11,
  ProcessTable: 12,
  ConnectionTable: 13,
  HandleTable: 14,
};
const TABLE_BITS: Partial<Record<Kind, number>> = { ProcessTable: 0, ConnectionTable: 1, HandleTable: 2, ConnectivityTable: 3 };

export const HEADER_FLAGS = { imported: 1, investigation: 2, encrypted: 4 } as const;
export const BLOCK_FLAGS = { hasKeyHints: 8, hasChildren: 16, continuation: 32 } as const;
/** The flags Compressed and CompAlgo. */
export const COMPRESSION_FLAGS = { none: 0, zstd: 3, lz4: 5 } as const;

export function capBitmap(kinds: ReadonlySet<Kind>): bigint {
  return BigInt(bitsOf(CAPABILITY_BITS, kinds));
}

export function tableBitmap(kinds: ReadonlySet<Kind>): number {
  return bitsOf(TABLE_BITS, kinds);
}

function bitsOf(table: Partial<Record<Kind, number>>, kinds: ReadonlySet<Kind>): number {
  let bits = 0;
  for (const kind of kinds) {
    const bit = table[kind];
    if (bit !== undefined) bits |= 1 << bit;
  }
  return bits;
}
