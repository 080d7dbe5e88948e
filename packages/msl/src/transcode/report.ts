/** The report of a transcoding: plain JSON values, fit to be kept as a record. It says what became of every block and of every address. */
import type { LintId } from "../deviations/catalogue.js";
import type { BlockInfo } from "../format/block-header.js";
import type { MemoryState } from "../memory/memory-read.js";
import type { Capture } from "../read/capture.js";
import type { ThreadUse } from "../threads/thread-use.js";
import type { Outcome } from "../verify/report.js";

/**
 * `mended`: the source departed from the specification, and the output does not. `kept`: both do, since the departure is a statement about the captured
 * process. `encoding`: other bytes of the same meaning. Each other id names a property of the block or capture that is not as it was.
 */
export type ChangeId =
  | "mended"
  | "kept"
  | "encoding"
  | "compression"
  | "count"
  | "hash"
  | "uuid"
  | "parent"
  | "flags"
  | "moved"
  | "merged"
  | "split"
  | "code"
  | "dropped"
  | "redacted"
  | "pages-failed"
  | "not-specified"
  | "selection"
  | "reader"
  | "salvaged"
  | "repaired";

/** One difference between a block of the source and its block in the output, with the reason. */
export interface TranscodeChange {
  readonly id: ChangeId;
  /** The deviation of the source that is the reason for the change, if one is. */
  readonly lint?: LintId;
  readonly message: string;
  readonly field?: string;
  /** The place of the deviation: bytes from the start of the source, or from the start of the decompressed payload of a compressed block. */
  readonly offset?: number;
  /** Bytes of the source that the output lacks, in hexadecimal; absent where they are many. */
  readonly bytes?: string;
}

/** A block as it stands in the source. Offsets and lengths in bytes, header included. */
export interface SourceBlock {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly type: number;
  readonly typeName: string;
  readonly uuid: string;
}

/** A block of the output: its index, its offset and length in bytes, its BlockUUID. */
export interface OutputBlock {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly uuid: string;
}

/** A block of the source that differs in the output, and every difference. */
export interface ChangedBlock {
  readonly source: SourceBlock;
  /** The first block of a region that was split. */
  readonly output: OutputBlock;
  readonly changes: readonly TranscodeChange[];
}

/** A block of the output that the source lacks. */
export interface AddedBlock {
  readonly output: OutputBlock;
  readonly typeName: string;
  readonly lint?: LintId;
  readonly message: string;
}

/**
 * Why a block, or bytes, are not in the output. `selection`: the caller did not select the block. `merged`: the output has its content in another block.
 * `unspecified`: the specification does not define the payload of its type. `problem`: the block cannot be read, or not be written as it is.
 * `after-end`: the block stands behind End-of-Capture. `reference`: the block refers to a block that is not there. `repeated`: a capture has only one block
 * of its type, and the output has another. `redaction`: a field of the block was to be emptied, and cannot be. `reader`: the program that the output is for
 * cannot read the block. `no-block`: the bytes are no block.
 */
export type LeftOutReason =
  | "selection"
  | "merged"
  | "unspecified"
  | "problem"
  | "after-end"
  | "reference"
  | "repeated"
  | "redaction"
  | "reader"
  | "no-block";

/** Why a block is not written with its type and payload, and so is left out or carried over as bytes. */
export interface Refusal {
  readonly reason: LeftOutReason;
  readonly lint?: LintId;
  readonly message: string;
}

/** A block, or bytes, of the source that the output lacks. */
export interface LeftOut extends Partial<SourceBlock> {
  readonly offset: number;
  readonly length: number;
  readonly reason: LeftOutReason;
  readonly lint?: LintId;
  readonly message: string;
}

/** The result of a read at an address. `block`: the block of the source whose region the address lies in. */
export interface AddressView {
  /** `various`: several states, see `AddressDifference.count`. */
  readonly state: MemoryState | "various";
  readonly block?: number;
}

/** A range of addresses where the output reads otherwise than the source. */
export interface AddressDifference {
  /** The first address, and the one behind the last: hexadecimal, with 0x. */
  readonly start: string;
  readonly end: string;
  readonly before: AddressView;
  readonly after: AddressView;
  /** Present and true if the caller asked for the difference: a region that was not selected no longer covers the addresses. */
  readonly selection?: true;
  /** Set in the last entry of a very long list: the number of ranges between the two addresses that the entry stands for. */
  readonly count?: number;
}

/** What `transcode` wrote, and everything in which the output differs from the source or lacks what the source has. */
export interface TranscodeReport {
  readonly source: {
    readonly size: number;
    readonly blocks: number;
    readonly dumpUuid: string;
    readonly dialect: string;
    readonly dialectName: string;
    /** null where the hashes were not verified. */
    readonly integrity: { readonly outcome: Outcome; readonly verdict: string; readonly findings: readonly string[] } | null;
  };
  readonly output: {
    readonly size: number;
    readonly blocks: number;
    readonly dumpUuid: string;
    readonly hashAlgo: number;
    readonly hashAlgoName: string;
    readonly fileHash: string;
    /** Digest of all bytes of the output, End-of-Capture included, by the hash algorithm of the output, in hexadecimal. Absent for an encrypted one. */
    readonly digest?: string;
    /** Whether the output is encrypted; if so, offsets of its blocks count in the decrypted stream. */
    readonly encrypted: boolean;
    /** Whether a 1.1 producer may write the output: nothing was carried over as bytes. */
    readonly conforming: boolean;
  };
  /** How many threads compressed or hashed the output, and why fewer than were asked for. */
  readonly threads: ThreadUse;
  /** Changes of the header, and of the capture as a whole. */
  readonly header: readonly TranscodeChange[];
  /**
   * Blocks of the source that are not in the output exactly as they were, hashes and BlockLength aside, and those that still depart from the
   * specification; in the output's order.
   */
  readonly blocks: readonly ChangedBlock[];
  /** The number of blocks without anything to report. */
  readonly unchanged: number;
  readonly added: readonly AddedBlock[];
  readonly leftOut: readonly LeftOut[];
  /** The numbers of entries that are not listed: of each of three lists, 10,000 entries are. `complete` takes account of all entries. */
  readonly unlisted: { readonly blocks: number; readonly added: number; readonly leftOut: number };
  /**
   * Every range of addresses where the output reads otherwise than the source, in other bytes or states, in ascending order. Addresses of
   * regions that were not selected, and that nothing else covers, are not among them.
   */
  readonly addresses: readonly AddressDifference[];
  /** Whether the output holds all that was captured and asked for: nothing undecodable, no page without its bytes, no end missing. */
  readonly complete: boolean;
}

/* Entries of one kind in a report: the first of them, how many there are in all, and whether any of them reports a loss. */

/** The most entries that are listed: a capture may have millions of blocks, and a report entry for each. */
const LISTED_MOST = 10_000;

export class ReportList<T> {
  readonly #entries: T[] = [];
  readonly #isLoss: (entry: T) => boolean;
  #count = 0;
  #lossy = false;

  constructor(isLoss: (entry: T) => boolean) {
    this.#isLoss = isLoss;
  }

  add(entry: T): void {
    this.#count++;
    this.#lossy ||= this.#isLoss(entry);
    if (this.#entries.length < LISTED_MOST) this.#entries.push(withFlatTexts(entry));
  }

  get listed(): readonly T[] {
    return this.#entries;
  }

  get count(): number {
    return this.#count;
  }

  /** The number of entries that are not listed. */
  get unlisted(): number {
    return this.#count - this.#entries.length;
  }

  get lossy(): boolean {
    return this.#lossy;
  }
}

/** A copy of plain JSON values. V8 keeps a text that was put together with all of its parts, which take several times as much as the text. */
function withFlatTexts<T>(entry: T): T {
  return JSON.parse(JSON.stringify(entry)) as T;
}

/** The reasons that lose nothing that was captured and asked for. */
const NO_LOSS: ReadonlySet<LeftOutReason> = new Set(["selection", "merged", "after-end"]);
const UNFINISHED: ReadonlySet<LintId> = new Set(["EOC-MISSING", "BLK-TRUNCATED", "BLK-FRAMING", "BLK-LENGTH"]);

interface Findings {
  readonly header: readonly TranscodeChange[];
  readonly blocks: ReportList<ChangedBlock>;
  readonly leftOut: ReportList<LeftOut>;
  readonly addresses: readonly AddressDifference[];
}

export function isComplete({ header, blocks, leftOut, addresses }: Findings): boolean {
  return (
    addresses.every(({ selection }) => selection === true) &&
    header.every((change) => !isLoss(change) && !(change.lint !== undefined && UNFINISHED.has(change.lint))) &&
    !leftOut.lossy &&
    !blocks.lossy
  );
}

export function leavesOutEvidence({ reason }: LeftOut): boolean {
  return !NO_LOSS.has(reason);
}

export function losesEvidence({ changes }: ChangedBlock): boolean {
  return changes.some(isLoss);
}

/** Digests of another algorithm are left out because the caller asked for another algorithm. */
function isLoss({ id, lint }: TranscodeChange): boolean {
  return id === "pages-failed" || (id === "dropped" && lint !== "INT-ALGO-MIX");
}

/** `length` of a block that is cut off counts the bytes that are there. `typeName`: the `contentName` of the block. */
export function sourceBlock(block: BlockInfo, typeName: string): SourceBlock {
  const { index, offset, type, uuid } = block;
  return { index, offset, length: block.payloadOffset - offset + block.payloadLength, type, typeName, uuid };
}

/** The properties are written out: V8 keeps several KiB with an object that a spread made. */
export function leftOutBlock(block: BlockInfo, name: string, { reason, lint, message }: Refusal): LeftOut {
  const { index, offset, length, type, typeName, uuid } = sourceBlock(block, name);
  return lint === undefined
    ? { index, offset, length, type, typeName, uuid, reason, message }
    : { index, offset, length, type, typeName, uuid, reason, lint, message };
}

/** The bytes of the source that are no block: behind the last block, and where a salvaging reader searched behind damage. */
export function unreadBytes({ end, gaps }: Capture): LeftOut[] {
  const found: LeftOut[] = gaps.map(({ offset, length }) => ({
    offset,
    length,
    reason: "no-block",
    lint: "BLK-FRAMING",
    message: `${length} bytes are no blocks`,
  }));
  if (end.trailingBytes > 0) {
    const afterEnd = end.eocEnd !== null;
    found.push({
      offset: end.dataEnd - end.trailingBytes,
      length: end.trailingBytes,
      reason: afterEnd ? "after-end" : "no-block",
      lint: afterEnd ? "EOC-TRAILING" : end.reason === "bad-length" ? "BLK-LENGTH" : "BLK-FRAMING",
      message: afterEnd ? "They stand behind End-of-Capture" : `${end.trailingBytes} bytes are no blocks`,
    });
  }
  return found;
}
