/**
 * The Module List Index of the output, from the indexes and Module Entries of the source. Readers of 1.1 rely on it: every module in it has a Module Entry,
 * and every Module Entry is in it.
 */
import { concatenated } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { BlockType } from "../format/codes.js";
import { canonicalEnd, NOT_CANONICAL } from "../format/layout/canonical.js";
import { encodeLayout } from "../format/layout/encode.js";
import { fieldOffset } from "../format/layout/fields.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import { MODULE_ENTRY, MODULE_LIST_ENTRY, MODULE_LIST_INDEX } from "../format/payloads/process-tables.js";
import type { Capture } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { TimeSlice } from "../source/time-slice.js";
import { UuidSet } from "../uuid-table.js";
import { type ModuleFacts, type ModuleRow, ModuleRows, modulePlaces } from "../write/module-rows.js";
import type { Redaction } from "../write/table-payload.js";
import { encodedPayload, redactions } from "./carried-payload.js";
import { type Identities, isUuidV4 } from "./identities.js";
import type { AddedItem, KeptBlocks } from "./kept-blocks.js";
import { Column } from "./kept-blocks.js";
import type { WantedTypes } from "./options.js";
import type { TranscodeChange } from "./report.js";

const UNITS_PER_LINE = 16;
const UNITS_PER_STORED_LINE = 1;
const LINE_PLACES = modulePlaces(MODULE_LIST_ENTRY);
const LINE_UUID_AT = fieldOffset(MODULE_LIST_ENTRY, "moduleUuid");
const ENTRY_PLACES = modulePlaces(MODULE_ENTRY);
/** With its NUL, a path has at most 65,535 bytes. */
const PATH_END = 0xffff;
/** A UTF-16 unit takes at most 3 bytes of UTF-8. */
const UNIT_BYTES = 3;

type ReadLine = Extract<Payload, { kind: "ModuleListIndex" }>["entries"][number];

export interface ModuleList {
  /** The first index of the source that can be read, and the further ones. */
  readonly source: number | undefined;
  readonly others: readonly number[];
  /** The deviations of the first index. */
  readonly deviations: readonly Deviation[];
  readonly rows: ModuleRows;
  /** Whether the first index stays as it is: the output has the bytes of its payload. */
  readonly same: boolean;
  /** Module Entries for modules that an index announces and the source lacks. */
  readonly added: readonly AddedItem[];
  /** Whether the index announces the block. */
  readonly announces: (block: number) => boolean;
  readonly changes: readonly TranscodeChange[];
}

/** The indexes of the source, all of whose lines become rows of one list, and the Module Entries as they are read. */
export class ModuleIndexes {
  readonly #identities: Identities;
  readonly #isListed: boolean;
  /** The indexes that can be read, in part at least. */
  readonly #readable = new Set<number>();
  readonly #rows = new ModuleRows();
  #lines = 0;
  /** Whether every index so far is stored as the encoder would store it. */
  #isCanonical = true;
  /** The deviations of the first index that can be read. */
  #deviations: readonly Deviation[] = [];
  readonly #problems: TranscodeChange[] = [];
  /** The changes of lines whose paths do not fit, by row. */
  readonly #emptied = new Map<number, TranscodeChange>();
  /** One more than the first row that names the block. */
  readonly #rowOf: Column<Uint32Array>;
  /** The block for which a row is the first to name it, or -1; by row. */
  readonly #namedFirst: number[] = [];
  /** 1 for a Module Entry that differs from its line. */
  readonly #differs: Column<Uint8Array>;
  /** The Module Entries that no line names, and their blocks. */
  readonly #unlisted = new ModuleRows();
  readonly #unlistedBlocks: number[] = [];

  private constructor(length: number, identities: Identities, wanted: WantedTypes) {
    this.#identities = identities;
    this.#isListed = wanted.has(BlockType.ModuleEntry);
    this.#rowOf = new Column(Uint32Array, length);
    this.#differs = new Column(Uint8Array, length);
  }

  static async of(
    capture: Capture,
    identities: Identities,
    wanted: WantedTypes,
    signal: AbortSignal | undefined,
  ): Promise<ModuleIndexes> {
    const indexes = new ModuleIndexes(capture.blocks.length, identities, wanted);
    for (const block of capture.blocks.ofType(BlockType.ModuleListIndex)) {
      if (block.afterEoc) break;
      await indexes.#addIndex(block, signal);
    }
    return indexes;
  }

  async #addIndex(block: CaptureBlock, signal: AbortSignal | undefined): Promise<void> {
    if (await this.#addCanonicalIndex(block, signal)) return void this.#readable.add(block.index);
    this.#isCanonical = false;
    const before = this.#lines;
    const take = (entries: readonly unknown[]) => {
      for (const line of entries) this.#addLine(line as ReadLine);
    };
    const { payload, partial, problem, deviations } = await block.decodeInParts(take, signal);
    const last = payload?.kind === "ModuleListIndex" ? payload.entries : partial && ((partial["entries"] ?? []) as ReadLine[]);
    if (!last) return;
    take(last);
    if (this.#readable.size === 0) this.#deviations = deviations;
    this.#readable.add(block.index);
    if (!problem) return;
    const message = `${problem.message}; its ${this.#lines - before} complete entries are in the output`;
    this.#problems.push({ id: "dropped", lint: problem.id, field: "entries", message });
  }

  /** Adds the lines of an index without decoding them. False, and none is added, unless all are stored as the encoder would store them. */
  async #addCanonicalIndex(block: CaptureBlock, signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.#isListed || !block.isPlain || block.payloadLength < HEAD.minimumSize) return false;
    const bytes = await block.stored().read(0, block.payloadLength, signal);
    const start = canonicalEnd(HEAD, bytes, 0, bytes.length);
    const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(COUNT_AT, true);
    if (start < 0 || count > block.entryLimit) return false;
    const slice = new TimeSlice(signal);
    let end = start;
    for (let line = 0; line < count; line++) {
      if (slice.isSpent(UNITS_PER_STORED_LINE)) await slice.renew();
      end = canonicalEnd(MODULE_LIST_ENTRY, bytes, end, bytes.length);
      if (end === NOT_CANONICAL) return false;
    }
    if (end !== bytes.length) return false;
    for (let at = start; at < end; at = canonicalEnd(MODULE_LIST_ENTRY, bytes, at, end)) {
      if (slice.isSpent(UNITS_PER_STORED_LINE)) await slice.renew();
      this.#lines++;
      this.#rows.addStored(bytes, at + LINE_UUID_AT, at, LINE_PLACES);
      this.#nameBlock(this.#identities.findIn(bytes, at + LINE_UUID_AT));
    }
    return true;
  }

  #addLine(line: ReadLine): void {
    this.#lines++;
    if (!this.#isListed) return;
    const row = this.#rows.count;
    this.#rows.add(fitting(line, (change) => this.#emptied.set(row, change)));
    this.#nameBlock(this.#identities.find(line.moduleUuid));
  }

  /** Notes the block that the last row names. */
  #nameBlock(block: number): void {
    const row = this.#rows.count - 1;
    const isFirst = block >= 0 && this.#rowOf.get(block) === 0;
    this.#namedFirst.push(isFirst ? block : -1);
    if (isFirst) this.#rowOf.set(block, row + 1);
  }

  /** Whether anything of the index in this block can be read. */
  isReadable(block: number): boolean {
    return this.#readable.has(block);
  }

  /** Notes the payload of a Module Entry that is in the output. Blocks are noted in the order of the source. */
  note(block: number, { baseAddr, moduleSize, path }: ModuleFacts): void {
    const row = this.#rowOf.get(block) - 1;
    if (row < 0) {
      this.#unlisted.add({ moduleUuid: "", baseAddr, moduleSize, path });
      this.#unlistedBlocks.push(block);
    } else if (!this.#rows.says(row, { baseAddr, moduleSize, path })) this.#differs.set(block, 1);
  }

  /** `note` for a canonical payload, which is not decoded. */
  noteStored(block: number, payload: Uint8Array): void {
    const row = this.#rowOf.get(block) - 1;
    if (row < 0) {
      this.#unlisted.addStored(payload, 0, 0, ENTRY_PLACES);
      this.#unlistedBlocks.push(block);
    } else if (!this.#rows.saysStored(row, payload, 0, ENTRY_PLACES)) this.#differs.set(block, 1);
  }

  /** The index of the output, when all blocks are noted. */
  async list(kept: KeptBlocks, signal: AbortSignal | undefined): Promise<ModuleList> {
    const [source, ...others] = this.#readable;
    const rows = this.#rows;
    const deviations = this.#deviations;
    const added: AddedItem[] = [];
    const changes = [...this.#problems];
    if (!this.#isListed) {
      const message = `${this.#lines} modules are not listed: Module Entries were not selected`;
      if (this.#lines > 0) changes.push({ id: "selection", field: "entries", message });
      return { source, others, deviations, rows, same: false, added, announces: () => false, changes };
    }
    let same = this.#isCanonical && others.length === 0 && this.#unlistedBlocks.length === 0;
    const slice = new TimeSlice(signal);
    /** UUIDs in the index; those that blocks keep are left out, since `find` knows them. */
    const used = new UuidSet();
    for (let row = 0; row < this.#lines; row++) {
      if (slice.isSpent(UNITS_PER_LINE)) await slice.renew();
      const emptied = this.#emptied.get(row);
      if (emptied) changes.push(emptied);
      const named = this.#namedFirst[row] ?? -1;
      const found = named >= 0 && isModule(kept, named);
      if (found && this.#identities.stays(named)) {
        if (this.#contradicts(named, kept)) changes.push(contradiction(rows.uuid(row), named));
        continue;
      }
      const announced = rows.uuid(row);
      const block = found ? named : this.#identities.find(announced);
      const uuid = found ? this.#identities.uuidOf(block) : this.#freeUuid(announced, block, used);
      used.add(uuid);
      if (uuid !== announced) {
        rows.setUuid(row, uuid);
        same = false;
        changes.push({ id: "uuid", field: "moduleUuid", message: `${announced} became ${uuid}` });
      }
      if (!found) added.push(moduleOf(rows.at(row)));
      else if (this.#contradicts(block, kept)) changes.push(contradiction(announced, block));
    }
    for (const [row, block] of this.#unlistedBlocks.entries()) {
      if (slice.isSpent(UNITS_PER_LINE)) await slice.renew();
      const { baseAddr, moduleSize, path } = this.#unlisted.at(row);
      rows.add({ moduleUuid: this.#identities.uuidOf(block), baseAddr, moduleSize, path });
    }
    const unlisted = this.#unlistedBlocks.length;
    if (unlisted > 0 && source !== undefined) {
      const message = `${unlisted} Module Entries were not in the index, and are`;
      changes.push({ id: "mended", lint: "MOD-MISMATCH", field: "entries", message });
    }
    return { source, others, deviations, rows, same, added, announces: (block) => this.#rowOf.get(block) !== 0, changes };
  }

  #contradicts(block: number, kept: KeptBlocks): boolean {
    return kept.kindOf(block) === "table" && this.#differs.get(block) !== 0;
  }

  /** The announced UUID, unless another block has it or it cannot be one. */
  #freeUuid(uuid: string, block: number, used: UuidSet): string {
    const free = block < 0 && !used.has(uuid) && isUuidV4(uuid);
    return free ? uuid : this.#identities.fresh();
  }
}

/** The most lines of the index that exist as objects at the same time. */
const LINES_AT_ONCE = 256;
/** The index up to its first line. */
const HEAD = { ...MODULE_LIST_INDEX, fields: MODULE_LIST_INDEX.fields.filter(({ kind }) => kind !== "entries") };
const COUNT_AT = fieldOffset(MODULE_LIST_INDEX, "entryCount");

/** The lines of the index in parts, as the payload of an index of its own each. */
function* partsOf(rows: ModuleRows) {
  for (let row = 0; row < rows.count; row += LINES_AT_ONCE)
    yield { kind: "ModuleListIndex", entries: rows.list(row, row + LINES_AT_ONCE) } as const;
}

/** The bytes of the index. */
export function indexPayload(rows: ModuleRows, redact: Redaction): Uint8Array {
  const head = encodeLayout(HEAD, { entryCount: rows.count });
  const pieces = [head];
  for (const part of partsOf(rows)) pieces.push(encodedPayload(part, redact, 0).subarray(head.length));
  return concatenated(pieces);
}

/** The changes that report the fields of the index that a redaction empties. */
export function indexRedactions(rows: ModuleRows, redact: Redaction): readonly TranscodeChange[] {
  if (redact.ModuleListIndex === undefined) return [];
  const found = new Map<string | undefined, TranscodeChange>();
  for (const part of partsOf(rows)) for (const change of redactions(part.kind, part, redact)) found.set(change.field, change);
  return [...found.values()];
}

/** Whether the block is a Module Entry that is in the output, also if it is carried over as bytes. */
function isModule(kept: KeptBlocks, block: number): boolean {
  return kept.has(block) && kept.typeOf(block) === BlockType.ModuleEntry;
}

/** The change that reports an index and a Module Entry that differ about a module. Both are evidence, and both stay as they are. */
function contradiction(uuid: string, block: number): TranscodeChange {
  const message = `Index and Module Entry, block ${block}, differ about module ${uuid}`;
  return { id: "kept", lint: "MOD-MISMATCH", message };
}

/** Empties a path that no longer fits its length field: U+FFFD takes three bytes where ill-formed text had one. */
function fitting(line: ReadLine, tell: (change: TranscodeChange) => void): ReadLine {
  if (UNIT_BYTES * line.path.length < PATH_END) return line;
  const { length } = new TextEncoder().encode(line.path);
  if (length < PATH_END) return line;
  const message = `The path of module ${line.moduleUuid} takes ${length} bytes as well-formed UTF-8, which do not fit; it is left empty`;
  tell({ id: "dropped", lint: "STR-UTF8", field: "path", message });
  return { ...line, path: "" };
}

function moduleOf({ moduleUuid, baseAddr, moduleSize, path }: ModuleRow): AddedItem {
  return {
    kind: "added",
    type: BlockType.ModuleEntry,
    uuid: moduleUuid,
    payload: { kind: "ModuleEntry", baseAddr, moduleSize, path },
    lint: "MOD-MISMATCH",
    message:
      "The Module List Index announces this module, but there is no Module Entry that can be read: version and digest are unknown",
  };
}
