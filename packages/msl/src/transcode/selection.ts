/** Which regions and kinds of blocks are wanted, and what has to stay whatever is: 1.1 asks for it, or others are nothing without it. */
import { MslError } from "../errors.js";
import { BlockType } from "../format/codes.js";
import type { Region } from "../memory/region.js";
import { BLOCK_KINDS, type BlockKind, isSystemTable, typeOfKind } from "../write/block-kinds.js";
import type { Content } from "../write/plan.js";
import type { BlockSelection } from "./options.js";

/** Every capture of its mode has these. End-of-Capture is no kind: it always ends the capture. */
const ALWAYS: readonly BlockKind[] = ["ImportProvenance", "ProcessIdentity", "ModuleListIndex"];
const KINDS: readonly BlockKind[] = [...(Object.keys(BLOCK_KINDS) as (keyof typeof BLOCK_KINDS)[]), "MemoryRegion"];
const TABLES = KINDS.map(typeOfKind).filter(isSystemTable);

/** Types of blocks that were asked for. */
export interface WantedTypes {
  has(type: number): boolean;
  /** Whether of the regions those go over, and only those, that Key Hints point into. */
  readonly hintedRegionsOnly: boolean;
}

/** Throws `usage` for a range that holds no address and for kinds that cannot be left out. */
export function wantedTypes({ kinds, withoutKinds = [], ranges = [] }: BlockSelection): WantedTypes {
  const empty = ranges.find(({ start, end }) => start < 0n || end <= start);
  if (empty) {
    throw new MslError("usage", `The range 0x${empty.start.toString(16)}-0x${empty.end.toString(16)} holds no address`);
  }
  const without = new Set(withoutKinds.map(typeOfContent));
  const asked = kinds && new Set(kinds.map(typeOfContent));
  const listed = (type: number) => (asked?.has(type) ?? true) && !without.has(type);
  const hinted = !listed(BlockType.MemoryRegion) && asked !== undefined && listed(BlockType.KeyHint);
  const wanted = (type: number) =>
    listed(type) ||
    ALWAYS.some((kind) => typeOfKind(kind) === type) ||
    (type === BlockType.ModuleEntry && asked?.has(BlockType.ModuleListIndex) === true && !without.has(type)) ||
    (type === BlockType.MemoryRegion && hinted && !without.has(type)) ||
    (type === BlockType.SystemContext && TABLES.some(listed));
  for (const kind of KINDS) {
    const type = typeOfKind(kind);
    if (without.has(type) && wanted(type)) throw new MslError("usage", `${kind} cannot be left out: ${WHY_KEPT[kind] ?? ""}`);
  }
  return { has: (type) => wanted(specifiedType(type)), hintedRegionsOnly: hinted };
}

const WHY_KEPT: Partial<Record<BlockKind, string>> = {
  ImportProvenance: "every import begins with it",
  ProcessIdentity: "captures begin with it",
  ModuleListIndex: "Module Entries belong to it; leave out ModuleEntry, and it lists none",
  SystemContext: "the system tables belong to it; leave them out too",
};

/** memslicer's code for a Connectivity Table becomes the specified one. */
export function specifiedType(type: number): number {
  return type === BlockType.MemslicerConnectivityTable ? BlockType.ConnectivityTable : type;
}

function typeOfContent(content: Content): number {
  return typeof content === "number" ? specifiedType(content) : typeOfKind(content);
}

export function isSelected(region: Region, { ranges, regionTypes }: BlockSelection): boolean {
  const inRange = ranges?.some(({ start, end }) => region.baseAddr < end && start < region.endAddr) ?? true;
  return inRange && (regionTypes?.includes(region.head.regionType) ?? true);
}
