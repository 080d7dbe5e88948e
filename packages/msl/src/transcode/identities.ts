/** BlockUUIDs and parents of the output: those of the source, unless they cannot be. */
import { NIL_UUID } from "../format/layout/uuid-text.js";
import type { BlockList } from "../read/block-list.js";
import type { References } from "../read/references.js";
import type { TranscodeChange } from "./report.js";

/** Whether it is a UUID of version 4 (RFC 9562) in canonical text, as every UUID of a 1.1 capture is. */
export function isUuidV4(uuid: string): boolean {
  return /^.{14}4.{4}[89ab]/.test(uuid);
}

export class Identities {
  readonly #blocks: BlockList;
  readonly #references: References;
  readonly #newUuid: () => string;
  /** New UUIDs by the source's block. */
  readonly #given = new Map<number, string>();
  readonly #cycleEnds: ReadonlySet<number>;

  constructor(blocks: BlockList, references: References, newUuid: () => string) {
    this.#blocks = blocks;
    this.#references = references;
    this.#newUuid = newUuid;
    const cycles = new Set<number>();
    for (const { id, block } of references.deviations()) if (id === "REF-CYCLE" && block !== undefined) cycles.add(block);
    this.#cycleEnds = cycles;
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
    const given = this.#given.get(block);
    if (given !== undefined) return given;
    if (this.#mayStay(block)) return this.#stored(block);
    const uuid = this.#newUuid();
    this.#given.set(block, uuid);
    return uuid;
  }

  /** The block that is the parent in the source and may be in the output, or -1. */
  parentOf(block: number): number {
    return this.#cycleEnds.has(block) ? -1 : this.#references.parentOf(block);
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
