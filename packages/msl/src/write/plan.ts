/**
 * The plan of a capture: which blocks it is going to hold, declared before its first byte, because the header announces them and is never
 * changed afterwards. Every block is checked against the plan before it is written; at the end, missing blocks are listed.
 */
import { MslError } from "../errors.js";
import { capBitmapOf, tableBitmapOf } from "../format/capabilities.js";
import { BLOCK_TYPE, BlockType, codeName, ThreadFlag } from "../format/codes.js";
import { type BlockKind, isSpecifiedType, isSystemTable, type KindInput, typeOfKind } from "./block-kinds.js";

/**
 * Blocks that a capture is going to hold: a kind, or a block type code (0 to 65535). A code stands for blocks that only `writeRaw` writes;
 * `BlockType.ConnectivityTable` stands for a Connectivity Table without rows, which TableBitmap does not announce.
 */
export type Content = BlockKind | number;

export interface PlanInput {
  /** Whether the capture is made from a dump of another format. */
  readonly imported: boolean;
  /** Whether the capture describes the whole system. */
  readonly investigation: boolean;
  /** The blocks that the capture is going to hold, besides the blocks that every capture of this mode has. */
  readonly contents: readonly Content[];
  /** Number of blocks, End-of-Capture included; 0 if unknown. */
  readonly blockCount: number;
  /** Whether types without a specified payload may be among the contents. */
  readonly nonConforming: boolean;
}

const BLOCK_COUNT_MOST = 0xffff_ffff;
/** Types of which a capture holds one block at most. */
const SINGLE: ReadonlySet<number> = new Set([
  BlockType.ImportProvenance,
  BlockType.ProcessIdentity,
  BlockType.ModuleListIndex,
  BlockType.SystemContext,
]);

/** How many blocks of a type have been written. */
interface WrittenType {
  readonly type: number;
  blocks: number;
}

export class Plan {
  readonly types: ReadonlySet<number>;
  readonly capBitmap: bigint;
  readonly tableBitmap: number;
  /** Whether `contents` lists a Connectivity Table without rows. */
  readonly emptyConnectivity: boolean;
  readonly blockCount: number;
  /** The types of the first blocks, in order. */
  readonly #first: readonly number[];
  readonly #written = new Map<number, WrittenType>();
  /** The type of the last block: mostly the next one has it as well. */
  #last: WrittenType | undefined;
  /** A type that was accepted, and of which any number of blocks may come from now on, as far as `blockCount` goes. */
  #repeatable: number | undefined;
  #blocks = 0;

  /** Throws `plan` for contents that no capture of this mode can have. */
  constructor({ imported, investigation, contents, blockCount, nonConforming }: PlanInput) {
    const listed = contents.map((content) => (typeof content === "number" ? content : typeOfKind(content)));
    if (!nonConforming) requireSpecified(contents);
    requireModes(new Set(listed), imported, investigation);
    this.#first = firstBlocks(new Set(listed), imported, investigation);
    this.types = new Set([...this.#first, ...listed]);
    if (this.types.has(BlockType.ModuleEntry) && !this.types.has(BlockType.ModuleListIndex)) {
      throw contradiction("contents lists ModuleEntry without the ModuleListIndex that announces them");
    }
    this.capBitmap = capBitmapOf(this.types);
    this.tableBitmap = tableBitmapOfContents(contents, this.types);
    this.emptyConnectivity = contents.includes(BlockType.ConnectivityTable);
    this.blockCount = requireBlockCount(blockCount, this.types.size + 1);
  }

  /** Number of blocks written so far. */
  get blocks(): number {
    return this.#blocks;
  }

  count(type: number): number {
    return this.#written.get(type)?.blocks ?? 0;
  }

  /** Throws `plan` unless `count` blocks of this type may come next. */
  require(type: number, count = 1): void {
    const index = this.#blocks;
    if (type !== this.#repeatable) this.#requirePlace(type, index);
    if (this.blockCount > 0 && index + count + 1 > this.blockCount) {
      const fault = `, but with End-of-Capture that makes more blocks than blockCount, ${this.blockCount}`;
      throw this.#refused(type, fault, count);
    }
  }

  #requirePlace(type: number, index: number): void {
    if (!this.types.has(type)) throw this.#refused(type, ", which contents does not list");
    const placed = this.#first[index];
    if (placed !== undefined && placed !== type) {
      throw this.#refused(type, `, but ${codeName(BLOCK_TYPE, placed)} belongs there`);
    }
    const isSingle = SINGLE.has(type);
    if (isSingle && this.count(type) > 0) throw this.#refused(type, " again, but a capture has one at most");
    if (!isSingle && index >= this.#first.length) this.#repeatable = type;
  }

  /** `fault` completes a sentence that begins with the next `count` blocks. */
  #refused(type: number, fault: string, count = 1): MslError {
    const index = this.#blocks;
    const name = codeName(BLOCK_TYPE, type);
    const what = count === 1 ? `Block ${index} is ${name}` : `Blocks ${index} to ${index + count - 1} are ${name} fragments`;
    return contradiction(`${what}${fault}`, index);
  }

  /** Records a written block. */
  note(type: number): void {
    this.#blocks++;
    const written = type === this.#last?.type ? this.#last : (this.#written.get(type) ?? { type, blocks: 0 });
    written.blocks++;
    if (written === this.#last) return;
    this.#last = written;
    this.#written.set(type, written);
  }

  /** Announced blocks that have not been written. */
  *missing(): Generator<Missing> {
    const missing = [...this.types].filter((type) => this.count(type) === 0).map((type) => codeName(BLOCK_TYPE, type));
    if (missing.length > 0) {
      const message = `End-of-Capture after ${this.#blocks} blocks, but the header announces ${missing.join(", ")}`;
      yield { kind: "type", message, count: missing.length };
    }
    if (this.blockCount > 0 && this.#blocks + 1 !== this.blockCount) {
      const message = `End-of-Capture is block ${this.#blocks}, but blockCount is ${this.blockCount}`;
      yield { kind: "block-count", message, block: this.#blocks };
    }
  }
}

type ThreadFacts = Pick<KindInput<"ThreadContext">, "threadId" | "flags">;

/**
 * The rules for Thread Contexts (memslice-spec, pull request 1): one block for each thread, exactly one thread current. Readers take the
 * first block where there are several.
 */
export class WrittenThreads {
  readonly #ids = new Set<bigint>();
  #hasCurrent = false;
  /** Whether threads were taken from another capture, which need not follow these rules. */
  #asRead = false;

  /** Throws `plan` for a thread that has a block already, and for a second current thread. */
  require({ threadId, flags }: ThreadFacts, block: number): void {
    if (this.#ids.has(threadId)) throw contradiction(`Thread ${threadId} has a Thread Context already`, block);
    if (!isCurrent(flags) || !this.#hasCurrent) return;
    throw contradiction(`Thread ${threadId} is Current, and another thread is so already`, block);
  }

  note({ threadId, flags }: ThreadFacts): void {
    this.#ids.add(threadId);
    this.#hasCurrent ||= isCurrent(flags);
  }

  noteAsRead(): void {
    this.#asRead = true;
  }

  /** Throws `plan` if there are threads. Called before a table of the whole system. */
  requireNone(block: number): void {
    if (!this.#asRead && this.#ids.size > 0) throw contradiction("Threads stand behind system tables", block);
  }

  /** Throws `plan` if there are threads and none is current. Called before a region, behind which no thread may come. */
  requireCurrent(): void {
    requireNone(this.missing(), false);
  }

  /** The current thread, if there are threads and none of them is current. */
  *missing(): Generator<Missing> {
    if (this.#hasCurrent || this.#asRead || this.#ids.size === 0) return;
    const message = `None of the ${this.#ids.size} threads is Current: one of them is the thread to resume from`;
    yield { kind: "current-thread", message };
  }
}

function isCurrent(flags: number): boolean {
  return (flags & ThreadFlag.Current) !== 0;
}

/**
 * TableBitmap of System Context. Its bit for the Connectivity Table announces rows, not the table: the kind among the contents stands for a
 * table with rows, the type code for an empty table or for one that is written as bytes.
 */
export function tableBitmapOfContents(contents: readonly Content[], types: ReadonlySet<number>): number {
  const rows = contents.includes("ConnectivityTable");
  return tableBitmapOf(new Set([...types].filter((type) => rows || type !== BlockType.ConnectivityTable)));
}

/**
 * The types of the first blocks, in order (specification: block ordering). A live capture begins with identity, modules and context; an
 * import with its provenance, followed by each of these three types that `listed` has.
 */
export function firstBlocks(listed: ReadonlySet<number>, imported: boolean, investigation: boolean): readonly number[] {
  const context = investigation ? [BlockType.SystemContext] : [];
  if (!imported) return [BlockType.ProcessIdentity, BlockType.ModuleListIndex, ...context];
  const known = (type: number) => (listed.has(type) ? [type] : []);
  // The specification has System Context as block 2 of every investigation.
  const identity = investigation ? [BlockType.ProcessIdentity] : known(BlockType.ProcessIdentity);
  return [BlockType.ImportProvenance, ...identity, ...context, ...known(BlockType.ModuleListIndex)];
}

function requireModes(listed: ReadonlySet<number>, imported: boolean, investigation: boolean): void {
  if (listed.has(BlockType.ImportProvenance) && !imported) {
    throw contradiction("contents lists ImportProvenance, but header.imported is not set");
  }
  const ofSystem = [...listed].find((type) => type === BlockType.SystemContext || isSystemTable(type));
  if (ofSystem !== undefined && !investigation) {
    throw contradiction(`contents lists ${codeName(BLOCK_TYPE, ofSystem)}, but header.investigation is not set`);
  }
}

/** Throws `plan` for a type code whose payload the specification does not define. Threads are listed by their kind, not by code. */
function requireSpecified(contents: readonly Content[]): void {
  const unspecified = contents.find((content) => typeof content === "number" && !isSpecifiedType(content));
  if (unspecified === undefined) return;
  throw contradiction(
    `contents lists ${codeName(BLOCK_TYPE, Number(unspecified))}, whose payload the specification does not define: only with nonConforming`,
  );
}

/** `least`: one block of every type in the plan, and End-of-Capture. */
function requireBlockCount(blockCount: number, least: number): number {
  if (blockCount === 0) return 0;
  if (Number.isInteger(blockCount) && blockCount >= least && blockCount <= BLOCK_COUNT_MOST) return blockCount;
  throw contradiction(`blockCount is ${blockCount}, but contents and End-of-Capture make ${least} blocks at least`);
}

/** The `plan` error of a block that contradicts what the header or an earlier block announces. */
export function contradiction(message: string, block?: number): MslError {
  return new MslError("plan", message, block === undefined ? {} : { block });
}

/**
 * The kind of a fact that is missing at the end of a capture. `type`: blocks of a type that the header or System Context announces; `block-count`: as many blocks
 * as BlockCount says; `module`: Module Entries that the Module List Index announces; `children`, `key-hints`: blocks that a flag of an earlier
 * block announces; `parent`: a block that other blocks name as their parent; `fragments`: addresses before or between the fragments of a
 * region; `current-thread`: a thread with the flag Current.
 */
export type MissingKind =
  | "type"
  | "block-count"
  | "module"
  | "children"
  | "key-hints"
  | "parent"
  | "fragments"
  | "current-thread";

/** A fact that the capture announces and that has not come true. */
export interface Missing {
  readonly kind: MissingKind;
  readonly message: string;
  /** Index of the block that announces it. */
  readonly block?: number | undefined;
  /** How many missing blocks this stands for. Default 1. */
  readonly count?: number;
}

/** All missing blocks of one kind, given up by `end`. The capture still announces them, so readers report them. */
export interface Abandoned extends Missing {
  /** Number of missing blocks of this kind; `message` and `block` describe the first one. */
  readonly count: number;
}

/** Throws `plan` with the first missing fact. `resumed`: the message adds how a resumed capture can be ended. */
export function requireNone(missing: Iterable<Missing>, resumed: boolean): void {
  for (const { message, block } of missing) {
    const ways =
      "; write it, or give up all that is missing with end({ abandon: true }), which lists it: readers will report it then, and only transcode makes a conforming capture of that";
    throw contradiction(resumed ? message + ways : message, block);
  }
}

/** The missing facts, one entry for each kind. */
export function abandonedOf(missing: Iterable<Missing>): readonly Abandoned[] {
  const abandoned = new Map<MissingKind, Abandoned>();
  for (const { count = 1, ...one } of missing) {
    const known = abandoned.get(one.kind);
    abandoned.set(one.kind, known ? { ...known, count: known.count + count } : { ...one, count });
  }
  return [...abandoned.values()];
}
