/** What the second pass has written so far: the changes of each block for the report, and what later blocks refer to. */
import type { LintId } from "../deviations/catalogue.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { WrittenBlock } from "../write/block-emitter.js";
import type { KeyPlace, WrittenRegion } from "../write/write-region.js";
import { headerChanges } from "./changes.js";
import type { KeptFrame } from "./compression-policy.js";
import type { TranscodeContext } from "./context.js";
import { isBound } from "./lineage.js";
import type { Outline } from "./outline.js";
import type { AddedBlock, ChangedBlock, OutputBlock, TranscodeChange } from "./report.js";
import { losesEvidence, ReportList, sourceBlock } from "./report.js";

/** A block of the source that has been written. */
export interface Copied {
  readonly written: WrittenBlock;
  readonly changes: readonly TranscodeChange[];
  /** The compressed bytes of the source, if the writer was offered them. */
  readonly offered: KeptFrame | undefined;
}

export class Transcript {
  /** The blocks that were changed. */
  readonly blocks = new ReportList<ChangedBlock>(losesEvidence);
  /** The blocks that the source lacks. */
  readonly added = new ReportList<AddedBlock>(() => false);
  readonly #outline: Outline;
  readonly #context: TranscodeContext;
  /** Regions that were split into several blocks, by their blocks in the source. */
  readonly #split = new Map<number, WrittenRegion>();
  /** The UUIDs of the first blocks by type: types determine the parents of Module Entries and of system tables. */
  readonly #bonds = new Map<number, string>();
  #unchanged = 0;

  constructor(outline: Outline, context: TranscodeContext) {
    this.#outline = outline;
    this.#context = context;
  }

  /** The number of blocks without a change. */
  get unchanged(): number {
    return this.#unchanged;
  }

  /** Notes a block of the source that has been written with a type. `name`: of its content, where the type has several. */
  note(block: CaptureBlock, type: number, { written, changes, offered }: Copied, name?: string): void {
    const { identities } = this.#context;
    if (!this.#bonds.has(type)) this.#bonds.set(type, written.uuid);
    const parentUuid = this.parentOf(block.index, block.type);
    const verbatim = offered?.taken ?? false;
    const moved = this.#outline.items.isMoved(block.index);
    const ofHeader = headerChanges(block, { written, parentUuid, verbatim, moved }, identities);
    if (ofHeader.length === 0 && changes.length === 0) {
      this.#unchanged++;
      return;
    }
    const source = sourceBlock(block, name ?? block.typeName);
    this.blocks.add({ source, output: outputBlock(written), changes: [...ofHeader, ...changes] });
  }

  /** Notes a block that the source lacks. */
  noteAdded(type: number, written: WrittenBlock, lint: LintId, message: string): void {
    this.#bonds.set(type, written.uuid);
    this.added.add({ output: outputBlock(written), typeName: codeName(BLOCK_TYPE, type), lint, message });
  }

  noteSplit(source: number, region: WrittenRegion): void {
    this.#split.set(source, region);
  }

  /** The parent in the output. */
  parentOf(source: number, type: number): string | undefined {
    const { lineage } = this.#outline;
    if (type === BlockType.ModuleEntry) return this.#bonds.get(BlockType.ModuleListIndex);
    if (isBound(type)) return this.#bonds.get(BlockType.SystemContext);
    const parent = lineage.firstOf(source) ?? lineage.parentOf(source);
    return parent === undefined ? undefined : this.#context.identities.uuidOf(parent);
  }

  /** The place of the key of a hint whose region was split. */
  keyPlace(hint: number): KeyPlace | undefined {
    const { hints } = this.#outline;
    const address = hints.addressOf(hint);
    return address === undefined ? undefined : this.#split.get(hints.targetOf(hint) ?? -1)?.keyAt(address);
  }
}

function outputBlock({ index, offset, length, uuid }: WrittenBlock): OutputBlock {
  return { index, offset, length, uuid };
}
