/**
 * References between the blocks of a capture that is being written. Flags that say that other blocks refer to one are set before those
 * others exist; here is kept what was promised, and whether it came true. Of blocks that nothing refers to, the UUID alone is kept.
 */
import { MslError } from "../errors.js";
import { EncodePath } from "../format/layout/encode-path.js";
import type { PageMap } from "../format/page-states.js";
import { UuidSet } from "../uuid-table.js";
import { requireUuidV4 } from "./conformance.js";
import type { Missing } from "./plan.js";
import { type FragmentRange, WrittenFragments } from "./written-fragments.js";

interface Family {
  /** The block itself; undefined as long as only its children were written. */
  index: number | undefined;
  readonly firstChild: number | undefined;
  children: number;
  /** A block above it, as far as parents are known: the parent, or one of the parent's own. */
  above: Family | undefined;
}

/** A block that Key Hints point into. */
export interface HintTarget {
  readonly index: number;
  /** Unknown for a region that was carried over as bytes. */
  readonly pages:
    | { readonly map: PageMap; readonly first: number; readonly count: number; readonly size: number; readonly base: bigint }
    | undefined;
}

export interface BlockReferences {
  readonly index: number;
  readonly uuid: string;
  readonly parentUuid: string | undefined;
  readonly hasChildren: boolean;
}

/** A block, and what it is to a region in several blocks. */
export interface FragmentReferences extends BlockReferences {
  readonly isRegion: boolean;
  /** Whether it has the Continuation flag. */
  readonly continues: boolean;
  /** Undefined for a region that is carried over as bytes, and for other blocks. */
  readonly range: FragmentRange | undefined;
}

export class WrittenReferences {
  /** Regions in several blocks; UUIDs in lower case. */
  readonly fragments = new WrittenFragments();
  /** UUIDs of all blocks. */
  readonly #used = new UuidSet();
  /** Blocks that promise children or are named as parents. */
  readonly #families = new Map<string, Family>();
  readonly #hintTargets = new Map<string, HintTarget & { hints: number }>();

  /** For a block that is going to be written. Throws `bad-value`, and `plan` for a UUID that was used before. */
  requireUnused(uuid: string, index: number): void {
    requireUuidV4(uuid, new EncodePath("BlockHeader").field("uuid"));
    if (this.isUsed(uuid)) throw promise(`Block ${index} has the UUID ${uuid}, but an earlier block has it already`, index);
  }

  /** Whether a block that was written has this UUID. */
  isUsed(uuid: string): boolean {
    return this.#used.has(uuid);
  }

  /** Throws `plan` where a block names a parent that was written without `hasChildren`, or should have said so itself, and for loops. */
  requireParents({ index, uuid, parentUuid, hasChildren }: BlockReferences): void {
    const own = this.#families.get(canonical(uuid));
    if (own && own.firstChild !== undefined && !hasChildren) {
      throw promise(`Block ${own.firstChild} names block ${index} as its parent, which is written without hasChildren`, index);
    }
    if (parentUuid === undefined) return;
    requireUuidV4(parentUuid, new EncodePath("BlockHeader").field("parentUuid"));
    if (canonical(parentUuid) === canonical(uuid)) throw promise(`Block ${index} names itself as its parent`, index);
    const parent = this.#families.get(canonical(parentUuid));
    if (own && parent && topmost(parent) === own) {
      throw promise(`Block ${index} names the block ${parentUuid} as its parent, whose own parents lead back to it`, index);
    }
    if (!parent && this.isUsed(parentUuid)) {
      throw promise(`Block ${index} names the block ${parentUuid} as its parent, which was written without hasChildren`, index);
    }
  }

  /** The block has been written. */
  note({ index, uuid, parentUuid, hasChildren }: BlockReferences): void {
    this.#used.add(uuid);
    const own = hasChildren ? this.#familyOf(uuid, { index, firstChild: undefined }) : undefined;
    if (own) own.index = index;
    if (parentUuid === undefined) return;
    const family = this.#familyOf(parentUuid, { index: undefined, firstChild: index });
    family.children++;
    if (own) own.above = family;
  }

  /** Throws `plan` for a fragment that cannot continue its first one, and for a block that cannot be what fragments before continue. */
  requireFragment({ index, uuid, parentUuid = "", isRegion, continues, range }: FragmentReferences): void {
    const own = canonical(uuid);
    const isFirst = isRegion && !continues;
    if (this.fragments.has(own) && (range || !isFirst)) this.fragments.requireFirst(own, isFirst ? range : undefined, index);
    if (!isRegion || !continues || !range) return;
    const first = canonical(parentUuid);
    if (this.isUsed(first) && !this.fragments.has(first)) {
      throw promise(`Block ${index} continues the block ${parentUuid}, which is not the first fragment of a region`, index);
    }
    this.fragments.requireContinues(first, range, index);
  }

  /** The block has been written. */
  noteFragment({ uuid, parentUuid, hasChildren, isRegion, continues, range }: FragmentReferences): void {
    if (!isRegion) return;
    if (continues) {
      if (parentUuid !== undefined) this.fragments.noteFragment(canonical(parentUuid), range);
    } else if (hasChildren) this.fragments.noteFirst(canonical(uuid), range);
  }

  /** A block with HasKeyHints has been written. */
  expectHints(uuid: string, target: HintTarget): void {
    this.#hintTargets.set(canonical(uuid), { ...target, hints: 0 });
  }

  /** The block that a Key Hint names. Throws `plan` unless it was written before, with HasKeyHints. */
  hintTarget(regionUuid: string, index: number): HintTarget {
    const target = this.#hintTargets.get(canonical(regionUuid));
    if (target) return target;
    throw promise(
      `Block ${index} is a KeyHint for ${regionUuid}, but no region was written under that UUID with key hints announced`,
      index,
    );
  }

  noteHint(regionUuid: string): void {
    const target = this.#hintTargets.get(canonical(regionUuid));
    if (target) target.hints++;
  }

  /** Promises that did not come true. `gaps`: regions in several blocks may lack some. */
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

  #familyOf(uuid: string, first: Pick<Family, "index" | "firstChild">): Family {
    const known = this.#families.get(canonical(uuid));
    if (known) return known;
    const family: Family = { ...first, children: 0, above: undefined };
    this.#families.set(canonical(uuid), family);
    return family;
  }
}

/** The block that no known block is above of; those on the way then lead to it at once, so that long lines of parents are walked once. */
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

function promise(message: string, block?: number): MslError {
  return new MslError("plan", message, block === undefined ? {} : { block });
}
