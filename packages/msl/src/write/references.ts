/**
 * References between the blocks of a capture that is being written: UUIDs, parents, fragments of regions, Key Hints. A flag that announces a
 * reference is written before the block that refers; the announcements are kept here and checked at the end. Of a block without
 * references only the UUID is kept.
 */
import { MslError } from "../errors.js";
import { BLOCK_HEADER } from "../format/block-header.js";
import { EncodePath } from "../format/layout/encode-buffer.js";
import { capturedPage, type PageMap } from "../format/page-map.js";
import { UuidSet } from "../uuid-table.js";
import type { KindInput } from "./block-kinds.js";
import { contradiction, type Missing } from "./plan.js";
import { requireUuidV4 } from "./table-payload.js";
import { type FragmentRange, WrittenFragments } from "./written-fragments.js";

/** A block, and the blocks that it refers to. */
export interface BlockReferences {
  readonly index: number;
  readonly uuid: string;
  readonly parentUuid: string | undefined;
  readonly hasChildren: boolean;
  readonly isRegion: boolean;
  /** Whether the block has the Continuation flag. */
  readonly continues: boolean;
  /** The addresses of a region; undefined for other blocks, and for a region that is written as bytes. */
  readonly range: FragmentRange | undefined;
}

/** A block with HasChildren, or one that another block names as its parent. */
interface Family {
  /** Index of the block itself; undefined while only its children have been written. */
  index: number | undefined;
  readonly firstChild: number | undefined;
  children: number;
  /** The parent, or a block above it; undefined if no parent is known. */
  above: Family | undefined;
}

/** The captured pages of a region that Key Hints refer to. */
interface HintPages {
  readonly map: PageMap;
  /** The region's pages in the map: `[first, first + count)`. */
  readonly first: number;
  readonly count: number;
  /** Bytes of a page. */
  readonly size: number;
  /** The address of the first page. */
  readonly base: bigint;
}

/** A region with HasKeyHints. */
export interface HintTarget {
  readonly index: number;
  /** Undefined for a region that is written as bytes. */
  readonly pages: HintPages | undefined;
}

type HintInput = KindInput<"KeyHint">;

const UUID_PATH = new EncodePath(BLOCK_HEADER.name).field("uuid");
const PARENT_PATH = new EncodePath(BLOCK_HEADER.name).field("parentUuid");

export class WrittenReferences {
  /** Regions in several blocks. Their methods take UUIDs in lower case. */
  readonly fragments = new WrittenFragments();
  /** UUIDs of all blocks. */
  readonly #used = new UuidSet();
  /** A UUID that was found unused since the last block was written; undefined if there is none. */
  #unused: string | undefined;
  /** The parent that was named last, its UUID in lower case, and its family once it is known: consecutive blocks often have the same one. */
  #lastParent = "";
  #lastParentKey = "";
  #lastFamily: Family | undefined;
  /** Families whose block itself has not been written. */
  #waiting = 0;
  /** Blocks with children or with HasChildren, by UUID in lower case. */
  readonly #families = new Map<string, Family>();
  readonly #hintTargets = new Map<string, HintTarget & { hints: number }>();

  /** Throws `bad-value` for a UUID of another version, and `plan` for one that a block has already. */
  requireUnused(uuid: string, index: number): void {
    if (uuid === this.#unused) return;
    requireUuidV4(uuid, UUID_PATH);
    if (this.isUsed(uuid)) throw contradiction(`Block ${index} has the UUID ${uuid}, but an earlier block has it already`, index);
    this.#unused = uuid;
  }

  /** Whether a written block has this UUID. */
  isUsed(uuid: string): boolean {
    return this.#used.has(uuid);
  }

  /** Whether a written block has the UUID in the 16 bytes from `at` on. */
  isUsedIn(bytes: Uint8Array, at: number): boolean {
    return this.#used.hasIn(bytes, at);
  }

  /** Makes room for the UUIDs of `blocks` more blocks. */
  expect(blocks: number): void {
    this.#used.reserve(blocks);
  }

  /**
   * Throws `plan` for a block that its parent or its region cannot have, and for one that contradicts what earlier blocks say about it. `requireUnused` has
   * accepted its UUID.
   */
  require(block: BlockReferences): void {
    if (this.#isOrdinary(block)) return;
    const key = canonical(block.uuid);
    this.#requireParent(block, key);
    this.#requireFragment(block, key);
  }

  /** Whether no earlier block names the block, and its parent, if it has one, is written: as for most blocks of most captures. */
  #isOrdinary({ parentUuid, isRegion, continues }: BlockReferences): boolean {
    if ((isRegion && continues) || this.#waiting > 0 || !this.fragments.isEmpty) return false;
    return parentUuid === undefined || (parentUuid === this.#lastParent && this.#lastFamily?.index !== undefined);
  }

  /** Records a written block. */
  note({ index, uuid, parentUuid, hasChildren, isRegion, continues, range }: BlockReferences): void {
    this.#used.add(uuid);
    this.#unused = undefined;
    const own = hasChildren ? this.#familyOf(canonical(uuid), { index, firstChild: undefined }) : undefined;
    if (own) {
      if (own.index === undefined) this.#waiting--;
      own.index = index;
    }
    if (parentUuid !== undefined) {
      const family = this.#familyOfParent(parentUuid, index);
      family.children++;
      if (own) own.above = family;
    }
    if (isRegion && continues && parentUuid !== undefined) this.fragments.noteFragment(canonical(parentUuid), range);
    if (isRegion && !continues && hasChildren) this.fragments.noteFirst(canonical(uuid), range);
  }

  /** Records a written block with HasKeyHints. */
  expectHints(uuid: string, target: HintTarget): void {
    this.#hintTargets.set(canonical(uuid), { ...target, hints: 0 });
  }

  /** The region that a Key Hint names. Throws `plan` unless it has been written with HasKeyHints. */
  hintTarget(regionUuid: string, index: number): HintTarget {
    const target = this.#hintTargets.get(canonical(regionUuid));
    if (target) return target;
    throw contradiction(
      `Block ${index} is a KeyHint for ${regionUuid}, but no region was written under that UUID with key hints announced`,
      index,
    );
  }

  /** Records a written Key Hint. */
  noteHint(regionUuid: string): void {
    const target = this.#hintTargets.get(canonical(regionUuid));
    if (target) target.hints++;
  }

  /** References that are announced and missing. `gaps`: regions in several blocks may lack fragments. */
  *missing({ gaps }: { readonly gaps: boolean }): Generator<Missing> {
    if (!gaps) yield* this.fragments.missing();
    for (const [uuid, { index, children, firstChild }] of this.#families) {
      const named = `Block ${firstChild} names ${uuid} as its parent, but no such block was written`;
      if (index === undefined) yield { kind: "parent", message: named, block: firstChild };
      const promised = `Block ${index} has HasChildren, but no block names it as its parent`;
      if (children === 0) yield { kind: "children", message: promised, block: index };
    }
    for (const { index, hints } of this.#hintTargets.values()) {
      if (hints > 0) continue;
      yield { kind: "key-hints", message: `Block ${index} has HasKeyHints, but no KeyHint names it`, block: index };
    }
  }

  /** `key`: the block's UUID in lower case. */
  #requireParent({ index, parentUuid, hasChildren }: BlockReferences, key: string): void {
    const own = this.#families.get(key);
    if (own && own.firstChild !== undefined && !hasChildren) {
      const message = `Block ${own.firstChild} names block ${index} as its parent, which is written without hasChildren`;
      throw contradiction(message, index);
    }
    if (parentUuid === undefined) return;
    const parentKey = this.#parentKey(parentUuid);
    if (parentKey === key) throw contradiction(`Block ${index} names itself as its parent`, index);
    const parent = this.#families.get(parentKey);
    const names = `Block ${index} names the block ${parentUuid} as its parent`;
    if (own && parent && topmost(parent) === own) throw contradiction(`${names}, whose own parents lead back to it`, index);
    if (!parent && this.isUsed(parentUuid)) throw contradiction(`${names}, which was written without hasChildren`, index);
  }

  /** `key`: the block's UUID in lower case. */
  #requireFragment({ index, parentUuid = "", isRegion, continues, range }: BlockReferences, key: string): void {
    const isFirst = isRegion && !continues;
    if (this.fragments.has(key) && (range || !isFirst)) this.fragments.requireFirst(key, isFirst ? range : undefined, index);
    if (!isRegion || !continues || !range) return;
    const first = canonical(parentUuid);
    if (this.isUsed(first) && !this.fragments.has(first)) {
      const message = `Block ${index} continues the block ${parentUuid}, which is not the first fragment of a region`;
      throw contradiction(message, index);
    }
    this.fragments.requireContinues(first, range, index);
  }

  /** The UUID of a parent in lower case. Throws `bad-value` for a UUID of another version. */
  #parentKey(uuid: string): string {
    if (uuid === this.#lastParent) return this.#lastParentKey;
    requireUuidV4(uuid, PARENT_PATH);
    this.#lastFamily = undefined;
    this.#lastParent = uuid;
    this.#lastParentKey = canonical(uuid);
    return this.#lastParentKey;
  }

  #familyOfParent(uuid: string, firstChild: number): Family {
    const isLast = uuid === this.#lastParent;
    if (isLast && this.#lastFamily) return this.#lastFamily;
    const family = this.#familyOf(isLast ? this.#lastParentKey : canonical(uuid), { index: undefined, firstChild });
    if (isLast) this.#lastFamily = family;
    return family;
  }

  /** `key`: a UUID in lower case. */
  #familyOf(key: string, first: Pick<Family, "index" | "firstChild">): Family {
    const known = this.#families.get(key);
    if (known) return known;
    const family: Family = { ...first, children: 0, above: undefined };
    this.#families.set(key, family);
    if (family.index === undefined) this.#waiting++;
    return family;
  }
}

/** Throws `bad-value` for a Key Hint whose range exceeds the page data of its region. */
export function requireInPageData({ regionOffset, keyLen }: HintInput, { map, first, count, size }: HintPages): void {
  const held = BigInt(map.capturedBefore(first + count) - map.capturedBefore(first)) * BigInt(size);
  if (regionOffset < held && BigInt(keyLen) <= held - regionOffset) return;
  throw new MslError(
    "bad-value",
    `KeyHint.regionOffset ${regionOffset} and keyLen ${keyLen} pass the ${held} bytes of page data of the region`,
  );
}

/**
 * The hint with the key's address in its note if pages before the key were not captured. RegionOffset counts captured pages only, and readers
 * that count all pages would look in another place.
 */
export function withAddress(hint: HintInput, { map, first, size, base }: HintPages): HintInput {
  const rank = Number(hint.regionOffset / BigInt(size));
  const page = capturedPage(map, map.capturedBefore(first) + rank);
  if (page === undefined || page - first === rank) return hint;
  const address = `0x${(base + BigInt(page - first) * BigInt(size) + (hint.regionOffset % BigInt(size))).toString(16)}`;
  if (hint.note?.toLowerCase().includes(address)) return hint;
  return { ...hint, note: hint.note ? `${hint.note}; address ${address}` : `address ${address}` };
}

/** The block above all others; the blocks on the way are linked to it directly, so that long chains of parents are walked once. */
function topmost(family: Family): Family {
  let top = family;
  while (top.above) top = top.above;
  for (let at: Family | undefined = family; at && at !== top; ) {
    const { above }: Family = at;
    at.above = top;
    at = above;
  }
  return top;
}

function canonical(uuid: string): string {
  return uuid.toLowerCase();
}
