/** What goes into the output, block by block. */
import type { LintId } from "../deviations/catalogue.js";
import type { WritableTable } from "../write/block-kinds.js";
import type { LeftOutReason } from "./report.js";

/** `source`: the index of the block in the source. */
export type OutlineItem = TableItem | RegionItem | RawItem | ModuleListItem | AddedItem;

/** A payload that a table lays out; it is decoded again when it is written. */
export interface TableItem {
  readonly kind: "table";
  readonly source: number;
  readonly type: number;
  /** Whether a redaction takes something out of it. */
  readonly redacted: boolean;
  /** Whether it is a Connectivity Table without rows, which TableBitmap does not announce. */
  readonly empty: boolean;
}

export interface RegionItem {
  readonly kind: "region";
  readonly source: number;
  readonly type: number;
  /** The first fragment of the region that this block continues. */
  readonly first: number | undefined;
  /** Bytes of page data, and blocks that they take. */
  readonly bytes: number;
  readonly blocks: number;
  /** Whether every address of the region reads as before, and no other address is part of it. */
  readonly exact: boolean;
}

/** Carried over as bytes. */
export interface RawItem {
  readonly kind: "raw";
  readonly source: number;
  readonly type: number;
  readonly first: number | undefined;
  readonly why: Refusal;
}

/** The Module List Index, made of that of the source or of the Module Entries. */
export interface ModuleListItem {
  readonly kind: "modules";
  /** Undefined where the source has no Module List Index that can be read. */
  readonly source: number | undefined;
  readonly type: number;
  readonly uuid: string;
}

export interface AddedItem {
  readonly kind: "added";
  readonly source?: undefined;
  readonly type: number;
  readonly uuid: string;
  readonly payload: WritableTable;
  readonly lint: LintId;
  readonly message: string;
}

/** Why a block is not written as what it is. */
export interface Refusal {
  readonly reason: LeftOutReason;
  readonly lint?: LintId;
  readonly message: string;
}
