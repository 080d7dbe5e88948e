/**
 * References between the blocks of a capture that is being written. Flags that say that other blocks refer to one are set before those
 * others exist; here is kept what was promised, and whether it came true. Blocks that nothing refers to leave no trace.
 */
import { MslError } from "../errors.js";
import { EncodePath } from "../format/layout/encode-path.js";
import type { PageMap } from "../format/page-states.js";
import { requireUuidV4 } from "./conformance.js";

interface Family {
  /** The block itself; undefined as long as only its children were written. */
  index: number | undefined;
  readonly firstChild: number | undefined;
  children: number;
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

export class WrittenReferences {
  /** UUIDs that did not come from the writer's own source. */
  readonly #given = new Set<string>();
  /** Blocks that promise children or are named as parents. */
  readonly #families = new Map<string, Family>();
  readonly #hintTargets = new Map<string, HintTarget & { hints: number }>();

  /** A UUID from outside, for a block that is going to be written. Throws `bad-value`, and `plan` for one that was used before. */
  requireUnused(uuid: string, index: number): void {
    requireUuidV4(uuid, new EncodePath("BlockHeader").field("uuid"));
    if (this.#given.has(canonical(uuid)))
      throw promise(`Block ${index} has the UUID ${uuid}, but an earlier block has it already`, index);
  }

  keep(uuid: string): void {
    this.#given.add(canonical(uuid));
  }

  /** Throws `plan` where a block names a parent that was written without `hasChildren`, or should have said so itself. */
  requireParents({ index, uuid, parentUuid, hasChildren }: BlockReferences): void {
    const own = this.#families.get(canonical(uuid));
    if (own && own.firstChild !== undefined && !hasChildren) {
      throw promise(`Block ${own.firstChild} names block ${index} as its parent, which is written without hasChildren`, index);
    }
    if (parentUuid === undefined) return;
    requireUuidV4(parentUuid, new EncodePath("BlockHeader").field("parentUuid"));
    if (canonical(parentUuid) === canonical(uuid)) throw promise(`Block ${index} names itself as its parent`, index);
    const given = this.#given.has(canonical(parentUuid));
    if (given && !this.#families.has(canonical(parentUuid))) {
      throw promise(`Block ${index} names the block ${parentUuid} as its parent, which was written without hasChildren`, index);
    }
  }

  /** The block has been written. */
  note({ index, uuid, parentUuid, hasChildren }: BlockReferences): void {
    if (hasChildren) {
      const own = this.#families.get(canonical(uuid));
      if (own) own.index = index;
      else this.#families.set(canonical(uuid), { index, firstChild: undefined, children: 0 });
    }
    if (parentUuid === undefined) return;
    const family = this.#families.get(canonical(parentUuid));
    if (family) family.children++;
    else this.#families.set(canonical(parentUuid), { index: undefined, firstChild: index, children: 1 });
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

  /** Throws `plan` for the first promise that did not come true. */
  requireComplete(): void {
    for (const [uuid, { index, children, firstChild }] of this.#families) {
      if (index === undefined) throw promise(`Block ${firstChild} names ${uuid} as its parent, but no such block was written`);
      if (children === 0) throw promise(`Block ${index} has HasChildren, but no block names it as its parent`, index);
    }
    for (const { index, hints } of this.#hintTargets.values()) {
      if (hints === 0) throw promise(`Block ${index} has HasKeyHints, but no KeyHint names it`, index);
    }
  }
}

function canonical(uuid: string): string {
  return uuid.toLowerCase();
}

function promise(message: string, block?: number): MslError {
  return new MslError("plan", message, block === undefined ? {} : { block });
}
