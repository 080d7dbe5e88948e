/**
 * The UUID and the parent of each block in the output. They are those of the source as far as 1.1 allows them. Blocks are given by
 * their indexes in the source.
 */

import type { BlockInfo } from "../format/block-header.js";
import { EncodePath } from "../format/layout/encode-buffer.js";
import { areUuidV4, NIL_UUID, uuidBytes, uuidText, uuidTextToRead } from "../format/layout/uuid-text.js";
import type { BlockList } from "../read/block-list.js";
import type { References } from "../read/references.js";
import { requireUuidV4 } from "../write/table-payload.js";
import { Column } from "./kept-blocks.js";
import type { TranscodeChange } from "./report.js";

/** Whether a text is a UUID of version 4 (RFC 9562) in canonical text, as every UUID of a 1.1 capture is. */
export function isUuidV4(uuid: string): boolean {
  return /^.{14}4.{4}[89ab]/.test(uuid);
}

const UUID_BYTES = 16;

/** Whether a block keeps its UUID. */
const STAYS = 1;
const CHANGES = 2;

export class Identities {
  readonly #blocks: BlockList;
  readonly #references: References;
  readonly #newUuid: () => string;
  /** New UUIDs, 16 bytes for each block of the source; zeros for a block without a new UUID. */
  #given: Uint8Array | undefined;
  /** STAYS or CHANGES, once it is known; CHANGES from the beginning for a block with the UUID of another one. */
  readonly #fates: Column<Uint8Array>;
  /** 1 for a block whose chain of parents leads back to it. */
  readonly #cycleEnds: Column<Uint8Array>;
  /** The parent that was asked for last, and its UUID in the source. */
  #lastParent = -1;
  #lastParentUuid = NIL_UUID;

  private constructor(blocks: BlockList, references: References, newUuid: () => string) {
    this.#blocks = blocks;
    this.#references = references;
    this.#newUuid = newUuid;
    this.#fates = new Column(Uint8Array, blocks.length);
    this.#cycleEnds = new Column(Uint8Array, blocks.length);
  }

  static async of(
    blocks: BlockList,
    references: References,
    newUuid: () => string,
    signal: AbortSignal | undefined,
  ): Promise<Identities> {
    const identities = new Identities(blocks, references, newUuid);
    for await (const { id, block } of references.deviations(signal)) {
      if (id === "REF-CYCLE" && block !== undefined) identities.#cycleEnds.set(block, 1);
      if (id === "UUID-DUP" && block !== undefined) identities.#fates.set(block, CHANGES);
    }
    return identities;
  }

  /** A UUID for a block that the source lacks. */
  fresh(): string {
    return this.#newUuid();
  }

  /** The first block of the source with this UUID, or -1. */
  find(uuid: string): number {
    return this.#references.find(uuid);
  }

  /** `find` for the UUID in the 16 bytes from `at` on. */
  findIn(bytes: Uint8Array, at: number): number {
    return this.#references.findBytes(bytes, at);
  }

  /** The BlockUUID in the output: the one of the source if it is of version 4 and no block before has it, or a new one. */
  uuidOf(block: number): string {
    if (this.stays(block)) return this.#stored(block);
    this.#given ??= new Uint8Array(this.#blocks.length * UUID_BYTES);
    const given = this.#given.subarray(block * UUID_BYTES, (block + 1) * UUID_BYTES);
    if (given.some((byte) => byte !== 0)) return uuidText(given);
    const uuid = this.#newUuid();
    requireUuidV4(uuid, new EncodePath("BlockHeader").field("uuid"));
    given.set(uuidBytes(uuid) ?? []);
    return uuidText(given);
  }

  /** The parent in the source, or -1; also -1 for a block whose chain of parents leads back to it. */
  parentOf(block: number): number {
    return this.#cycleEnds.get(block) !== 0 ? -1 : this.#references.parentOf(block);
  }

  /** ParentUUID of a block as it is in the source. Consecutive blocks mostly have the same one. */
  storedParentOf(block: BlockInfo): string {
    const parent = this.#references.parentOf(block.index);
    if (parent < 0) return block.parentUuid;
    if (parent !== this.#lastParent) {
      this.#lastParent = parent;
      this.#lastParentUuid = this.#stored(parent);
    }
    return this.#lastParentUuid;
  }

  /** The change that reports a new UUID, with the reason; empty for a block that keeps its UUID. */
  change(block: number): TranscodeChange[] {
    if (this.stays(block)) return [];
    const stored = this.#stored(block);
    const first = this.#references.find(stored);
    const repeated = first >= 0 && first !== block;
    const nil = stored === NIL_UUID;
    const lint = nil ? "UUID-NIL" : repeated ? "UUID-DUP" : "UUID-VERSION";
    const why = nil ? "it is nil" : repeated ? `block ${first} has it too` : "it is not of version 4";
    const message = `BlockUUID ${stored} became ${this.uuidOf(block)}: ${why}`;
    return [{ id: "uuid", lint, message, field: "uuid" }];
  }

  /** Whether the block keeps its UUID. */
  stays(block: number): boolean {
    const known = this.#fates.get(block);
    if (known !== 0) return known === STAYS;
    const stays = this.#blocks.readUuid(block, areUuidV4);
    this.#fates.set(block, stays ? STAYS : CHANGES);
    return stays;
  }

  #stored(block: number): string {
    return this.#blocks.readUuid(block, uuidTextToRead);
  }
}
