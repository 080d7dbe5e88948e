/** BlockUUIDs and parents of the output: those of the source, unless they cannot be. */
import { EncodePath } from "../format/layout/encode-buffer.js";
import { NIL_UUID, uuidBytes, uuidText } from "../format/layout/uuid-text.js";
import type { BlockList } from "../read/block-list.js";
import type { References } from "../read/references.js";
import { itemsInSlices } from "../source/time-slice.js";
import { requireUuidV4 } from "../write/table-payload.js";
import { Column } from "./column.js";
import type { TranscodeChange } from "./report.js";

/** Whether it is a UUID of version 4 (RFC 9562) in canonical text, as every UUID of a 1.1 capture is. */
export function isUuidV4(uuid: string): boolean {
  return /^.{14}4.{4}[89ab]/.test(uuid);
}

const UUID_BYTES = 16;

export class Identities {
  readonly #blocks: BlockList;
  readonly #references: References;
  readonly #newUuid: () => string;
  /** New UUIDs by the source's block, 16 bytes each; zeros where there is none. */
  #given: Uint8Array | undefined;
  /** 1 for a block whose parents lead back to it. */
  readonly #cycleEnds: Column<Uint8Array>;

  private constructor(blocks: BlockList, references: References, newUuid: () => string) {
    this.#blocks = blocks;
    this.#references = references;
    this.#newUuid = newUuid;
    this.#cycleEnds = new Column(Uint8Array, blocks.length);
  }

  static async of(
    blocks: BlockList,
    references: References,
    newUuid: () => string,
    signal: AbortSignal | undefined,
  ): Promise<Identities> {
    const identities = new Identities(blocks, references, newUuid);
    for await (const { id, block } of itemsInSlices(references.findings(), signal))
      if (id === "REF-CYCLE" && block !== undefined) identities.#cycleEnds.set(block, 1);
    return identities;
  }

  /** A UUID for a block that the source has none for. */
  fresh(): string {
    return this.#newUuid();
  }

  /** The first block of the source with this UUID, or -1. */
  find(uuid: string): number {
    return this.#references.find(uuid);
  }

  /** BlockUUID in the output. */
  uuidOf(block: number): string {
    if (this.#mayStay(block)) return this.#stored(block);
    this.#given ??= new Uint8Array(this.#blocks.length * UUID_BYTES);
    const given = this.#given.subarray(block * UUID_BYTES, (block + 1) * UUID_BYTES);
    if (given.some((byte) => byte !== 0)) return uuidText(given);
    const uuid = this.#newUuid();
    requireUuidV4(uuid, new EncodePath("BlockHeader").field("uuid"));
    given.set(uuidBytes(uuid) ?? []);
    return uuidText(given);
  }

  /** The block that is the parent in the source and may be in the output, or -1. */
  parentOf(block: number): number {
    return this.#cycleEnds.get(block) !== 0 ? -1 : this.#references.parentOf(block);
  }

  /** Says that a block has another UUID than in the source, and why. */
  change(block: number): TranscodeChange[] {
    if (this.#mayStay(block)) return [];
    const stored = this.#stored(block);
    const first = this.#references.find(stored);
    const repeated = first >= 0 && first !== block;
    const nil = stored === NIL_UUID;
    const lint = nil ? "UUID-NIL" : repeated ? "UUID-DUP" : "UUID-VERSION";
    const why = nil ? "it is nil" : repeated ? `block ${first} has it too` : "it is not of version 4";
    const message = `BlockUUID ${stored} became ${this.uuidOf(block)}: ${why}`;
    return [{ id: "uuid", lint, message, field: "uuid" }];
  }

  #mayStay(block: number): boolean {
    const uuid = this.#stored(block);
    return isUuidV4(uuid) && this.#references.find(uuid) === block;
  }

  #stored(block: number): string {
    return this.#blocks.at(block).uuid;
  }
}
