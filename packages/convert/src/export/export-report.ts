/** What an export says about its output: how much memory it has, and everything that the format does not hold, or holds otherwise than the capture. */

/** A format that captures are exported to. */
export type ExportTarget = "elf-core" | "minidump" | "raw";

/**
 * What a note is about. `no place`: the capture has something for which the format has no place. `assumed`: the capture does not say something that
 * the format demands. `derived`: computed from captured bytes. `made up`: stands in the output without any base in the capture, because readers insist on it.
 * `left out`: the format could hold it, but this output lacks it. `missing`: the capture says that it was captured, and does not have it.
 */
export type ExportNoteKind = "no place" | "assumed" | "derived" | "made up" | "left out" | "missing";

/** Something that the output does not hold, or holds otherwise than the capture. */
export interface ExportNote {
  readonly kind: ExportNoteKind;
  /** What it is about: a kind of block, or a part of the output, such as `KeyHint` or `NT_PRSTATUS`. */
  readonly subject: string;
  readonly message: string;
}

/** Bytes of memory by their state in the capture. Where regions overlap, an address counts once. */
export interface ExportedMemory {
  /** Bytes that the output has. */
  readonly captured: bigint;
  readonly failed: bigint;
  readonly unmapped: bigint;
  /** Bytes of captured pages that the capture does not hold. */
  readonly missing: bigint;
}

/** The result of an export. */
export interface ExportReport {
  readonly target: ExportTarget;
  /** Bytes of the output; of several files, of all of them. */
  readonly size: bigint;
  readonly memory: ExportedMemory;
  /** Ranges of addresses in the output, those without bytes included. */
  readonly segments: number;
  /** Threads whose registers the output has; a thread that is made up does not count. */
  readonly threads: number;
  /** Modules that the output names. */
  readonly modules: number;
  /** In no order; at most one for each subject and kind. */
  readonly notes: readonly ExportNote[];
  /** Whether the output has everything that was captured, in the ranges asked for, and that its format can hold: there is no note `left out` or `missing`. */
  readonly complete: boolean;
}

/** Collects notes while an export runs. Notes with one kind and subject are joined: their number does not depend on the capture. */
export class ExportNotes {
  readonly #notes = new Map<string, { readonly note: ExportNote; others: number }>();

  /** Of several notes with this kind and subject, the first is kept and the others are counted. */
  add(kind: ExportNoteKind, subject: string, message: string): void {
    const key = `${kind} ${subject}`;
    const known = this.#notes.get(key);
    if (known) known.others++;
    else this.#notes.set(key, { note: { kind, subject, message }, others: 0 });
  }

  get list(): readonly ExportNote[] {
    return [...this.#notes.values()].map(({ note, others }) =>
      others === 0 ? note : { ...note, message: `${note.message}; and ${others} more of the kind` },
    );
  }

  get complete(): boolean {
    return this.list.every(({ kind }) => kind !== "left out" && kind !== "missing");
  }
}
