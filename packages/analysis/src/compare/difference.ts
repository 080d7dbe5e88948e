/** What a comparison finds. `a` is the first capture, `b` the second; a difference has the addresses of the sides on which it exists. */
import type { MemoryState } from "@memslice/msl";
import type { Memory } from "../memory.js";

/** A side of a comparison: a `Capture` of @memslice/msl, or a memory alone. */
export interface Comparable {
  readonly memory: Memory;
  /** Without it, no region is compared. */
  regions?(signal?: AbortSignal): Promise<readonly ComparedRegion[]>;
  /** Without it, no module is compared. */
  modules?(signal?: AbortSignal): Promise<readonly ComparedModule[]>;
}

/** The properties of a region that are compared. */
export interface ComparedRegion {
  readonly baseAddr: bigint;
  /** Bytes. */
  readonly regionSize: bigint;
  readonly head: {
    /** The sum of the bits 1 R, 2 W, 4 X, 8 Guard, 16 CopyOnWrite. */
    readonly protection: number;
    readonly regionType: number;
    /** Bytes. */
    readonly pageSize: number;
  };
}

/** The properties of a module that are compared. */
export interface ComparedModule {
  readonly baseAddr: bigint;
  /** Bytes of the mapping. */
  readonly moduleSize: bigint;
  readonly path: string;
  /** `version`: empty if it is not known. `diskHash`: zeros if it is not known. */
  readonly entry?: { readonly version: string; readonly diskHash: Uint8Array };
}

/** Bytes that both sides captured and that differ. */
export interface ChangedBytes {
  readonly kind: "bytes";
  readonly a: bigint;
  readonly b: bigint;
  /** Bytes from the first one that differs to the last one. */
  readonly length: bigint;
  /** How many of them differ: others lie in gaps that were joined. */
  readonly changed: bigint;
}

/** Memory whose state differs, such as captured on one side and failed on the other. Its bytes were not compared. */
export interface ChangedState {
  readonly kind: "state";
  /** "added": no region covers it in `a`. "removed": no region covers it in `b`. */
  readonly change: "added" | "removed" | "state";
  readonly a?: bigint;
  readonly b?: bigint;
  /** Bytes. */
  readonly length: bigint;
  readonly from: MemoryState;
  readonly to: MemoryState;
}

/**
 * A region that only one side has, or that differs. A part of a region that has another protection or type, since the system cut the region there, is a difference
 * of its own: the rest of the region is the same as before.
 */
export interface ChangedRegion {
  readonly kind: "region";
  readonly change: "added" | "removed" | "changed";
  readonly a?: bigint;
  readonly b?: bigint;
  /** Bytes whose protection or type differs; otherwise of the region, in `b` if both sides have it. */
  readonly length: bigint;
  /** The region, on the sides that have it: the one in which the bytes begin. */
  readonly before?: ComparedRegion;
  readonly after?: ComparedRegion;
  /** What differs, if both sides have the region: "protection", "type" or both of `length` bytes, or "size". */
  readonly fields: readonly ("protection" | "type" | "size")[];
}

/** A module that only one side has, or that differs. */
export interface ChangedModule {
  readonly kind: "module";
  readonly change: "added" | "removed" | "changed";
  readonly a?: bigint;
  readonly b?: bigint;
  readonly before?: ComparedModule;
  readonly after?: ComparedModule;
  /** What differs, if both sides have the module. "base": the module was moved. "hash": the file on disk is another one. */
  readonly fields: readonly ("base" | "size" | "version" | "hash" | "path")[];
}

/** Addresses of one side that could not be aligned with the other side. They are neither equal nor changed. */
export interface NotComparable {
  readonly kind: "not-comparable";
  readonly a?: bigint;
  readonly b?: bigint;
  /** Bytes. */
  readonly length: bigint;
  /** A sentence. */
  readonly reason: string;
}

/** One thing in which two captures differ, or that cannot be compared. */
export type Difference = ChangedBytes | ChangedState | ChangedRegion | ChangedModule | NotComparable;

/** How addresses of both sides belong together: the same address, or the same place in a module. */
export type AlignMode = "address" | "module";
