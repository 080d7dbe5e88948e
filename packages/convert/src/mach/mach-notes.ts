/** The notes of a Mach-O core (LC_NOTE): bytes with an owner, who defines what they mean. */
import type { Source } from "@memslice/msl";

/** A note: its owner, and its place in the file. */
export interface MachNote {
  readonly owner: string;
  readonly offset: number;
  readonly length: number;
}

/** The first bytes of a note, at most `most`; undefined if the core has none of this owner. */
export async function noteOf(
  notes: readonly MachNote[],
  owner: string,
  source: Source,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const note = notes.find((one) => one.owner === owner);
  return note && source.read(note.offset, Math.min(note.length, most), signal);
}
