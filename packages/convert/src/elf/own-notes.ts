/** Notes with the owner memslice, which exports add for imports: checked before anything of them is used. */
import { decodeThreadFacts, THREAD_FACTS_MOST } from "../own/thread-facts.js";
import { RUNS_BYTES_MOST, UnmappedRuns } from "../own/unmapped-runs.js";
import type { StructureOrder } from "../structures/structure.js";
import { OWN_OWNER, OwnNote } from "./core-notes.js";
import type { CoreThread } from "./core-threads.js";
import type { NoteReader, PlacedNote } from "./note-reader.js";

export class OwnNotes {
  readonly #reader: NoteReader;
  readonly #order: StructureOrder;
  readonly #damaged: (sentence: string) => void;
  /** Which absent pages were unmapped: of the first table that is whole. */
  unmapped: UnmappedRuns | undefined;

  constructor(reader: NoteReader, order: StructureOrder, damaged: (sentence: string) => void) {
    this.#reader = reader;
    this.#order = order;
    this.#damaged = damaged;
  }

  /** Whether the note is one that `take` reads. */
  static has({ name, type }: PlacedNote): boolean {
    return name === OWN_OWNER && (type === OwnNote.ThreadFacts || type === OwnNote.UnmappedRuns);
  }

  /** `thread`: the one that the notes before are about. `tableLimit`: bytes. */
  async take(note: PlacedNote, thread: CoreThread | undefined, tableLimit: number): Promise<void> {
    const { type, offset, length } = note;
    if (type === OwnNote.ThreadFacts) {
      if (thread && (await this.#isAbout(note, thread))) thread.facts ??= note;
      else
        this.#damaged(
          `the note of ${OWN_OWNER} at offset ${offset} is about no thread before it: names and states may be missing`,
        );
      return;
    }
    const fits = length <= Math.min(RUNS_BYTES_MOST, tableLimit);
    const runs = fits ? await UnmappedRuns.decode(await this.#reader.read(offset, length), this.#order) : undefined;
    if (runs) this.unmapped ??= runs;
    else
      this.#damaged(
        `the note of ${OWN_OWNER} at offset ${offset} has no table of page states: absent pages are taken for failed`,
      );
  }

  async #isAbout({ offset, length }: PlacedNote, { id }: CoreThread): Promise<boolean> {
    if (length > THREAD_FACTS_MOST) return false;
    return decodeThreadFacts(await this.#reader.read(offset, length), id, this.#order) !== undefined;
  }
}
