/** What became of a capture: plain JSON values, fit to be kept as a record. */
import type { LintId } from "../deviations/catalogue.js";
import type { MemoryState } from "../memory/memory-read.js";
import type { Outcome } from "../verify/report.js";

/**
 * `mended`: the source departed from the specification, the output does not. `kept`: the output still does, since it says so about what was
 * captured. `encoding`: other bytes of the same meaning. The others name what is not as it was.
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
  | "salvaged";

export interface TranscodeChange {
  readonly id: ChangeId;
  /** The deviation of the source that was the reason, if one was. */
  readonly lint?: LintId;
  readonly message: string;
  readonly field?: string;
  /** Of what was odd: bytes from the start of the source; inside a compressed block, from the start of its decompressed payload. */
  readonly offset?: number;
  /** Bytes of the source that the output does not hold, in hexadecimal, as far as they are few. */
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

export interface OutputBlock {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly uuid: string;
}

export interface ChangedBlock {
  readonly source: SourceBlock;
  /** Its first block, if it was split. */
  readonly output: OutputBlock;
  readonly changes: readonly TranscodeChange[];
}

/** A block of the output that the source has none for. */
export interface AddedBlock {
  readonly output: OutputBlock;
  readonly typeName: string;
  readonly lint?: LintId;
  readonly message: string;
}

/**
 * `selection` and `merged` (what it says stands in another block) were asked for or lose nothing. `unspecified`: a type whose payload the
 * specification does not define. `problem`: cannot be read, or not be written as it is. `after-end`: behind End-of-Capture.
 * `reference`: refers to a block that is not there. `repeated`: of a type that a capture has once.
 * `reader`: the program that the output is for cannot read it. `no-block`: bytes that are no block.
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

/** What the output does not hold. The source has it at this place. */
export interface LeftOut extends Partial<SourceBlock> {
  readonly offset: number;
  readonly length: number;
  readonly reason: LeftOutReason;
  readonly lint?: LintId;
  readonly message: string;
}

/** What a read at an address finds. `block`: the block of the source whose region it is. */
export interface AddressView {
  /** `various`: see `AddressDifference.count`. */
  readonly state: MemoryState | "various";
  readonly block?: number;
}

/** Addresses that do not read as before. */
export interface AddressDifference {
  /** The first address, and the one behind the last: hexadecimal, with 0x. */
  readonly start: string;
  readonly end: string;
  readonly before: AddressView;
  readonly after: AddressView;
  /** Present and true where that was asked for: a region that was not selected no longer covers the addresses. */
  readonly selection?: true;
  /** Of the last entry of very many: it stands for so many ranges between its two addresses. */
  readonly count?: number;
}

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
    /** If so, offsets of its blocks count in the decrypted stream. */
    readonly encrypted: boolean;
    /** Whether a 1.1 producer may write it: nothing was carried over as bytes. */
    readonly conforming: boolean;
  };
  /** Changes of the header, and of the capture as a whole. */
  readonly header: readonly TranscodeChange[];
  /**
   * Blocks of the source that are not in the output exactly as they were, hashes and BlockLength aside, and those that still depart from the
   * specification; in the output's order.
   */
  readonly blocks: readonly ChangedBlock[];
  /** Blocks of which there is nothing to tell. */
  readonly unchanged: number;
  readonly added: readonly AddedBlock[];
  readonly leftOut: readonly LeftOut[];
  /** Of these three lists, 10,000 entries are listed. So many more there are; `complete` speaks of all. */
  readonly unlisted: { readonly blocks: number; readonly added: number; readonly leftOut: number };
  /**
   * Every range of addresses where the output reads otherwise than the source, in other bytes or states, in ascending order. Addresses of
   * regions that were not selected, and that nothing else covers, are not among them.
   */
  readonly addresses: readonly AddressDifference[];
  /** Whether the output holds all that was captured and asked for: nothing undecodable, no page without its bytes, no end missing. */
  readonly complete: boolean;
}
