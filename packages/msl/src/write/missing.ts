/** What was announced and is not there at the end: a reason not to end the capture, or given up and told. */
import { MslError } from "../errors.js";

/**
 * `type`: blocks of a type that the header or System Context announces; `block-count`: BlockCount of the header; `module`: Module Entries that
 * the index announces; `children`, `key-hints`: blocks that a flag of an earlier block announces; `parent`: a block that others name as
 * theirs; `fragments`: addresses between or before the fragments of a region; `current-thread`: the current one of the threads.
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

/** What is missing, of one kind. */
export interface Missing {
  readonly kind: MissingKind;
  readonly message: string;
  /** Index of the block that announces it. */
  readonly block?: number | undefined;
  /** How many it stands for. Default 1. */
  readonly count?: number;
}

/** What `end` gave up, by kind; readers will report it, and the header will announce it all the same. */
export interface Abandoned extends Missing {
  /** How many of the kind are missing; `message` and `block` are of the first one. */
  readonly count: number;
}

/** Throws `plan` with the first one; `resumed`: says how such a capture can be ended. */
export function requireNone(missing: Iterable<Missing>, resumed: boolean): void {
  for (const { message, block } of missing) {
    const ways =
      "; write it, or give up all that is missing with end({ abandon: true }), which lists it: readers will report it then, and only transcode makes a conforming capture of that";
    throw new MslError("plan", resumed ? message + ways : message, block === undefined ? {} : { block });
  }
}

/** All of them by kind. */
export function abandonedOf(missing: Iterable<Missing>): readonly Abandoned[] {
  const abandoned = new Map<MissingKind, Abandoned>();
  for (const { count = 1, ...one } of missing) {
    const known = abandoned.get(one.kind);
    abandoned.set(one.kind, known ? { ...known, count: known.count + count } : { ...one, count });
  }
  return [...abandoned.values()];
}
