/** What an import assumed, what it lost, and what the dump lacks: sentences for people, which Note of Import Provenance and the report repeat. */

/** Sentences of one list; more are counted. A hostile dump has a fault in each of a million segments. */
const SENTENCES_MOST = 48;
/** Characters of a sentence; texts of a dump may be a part of it. */
const CHARACTERS_MOST = 800;

/** Sentences of one kind. */
class Sentences {
  readonly #listed: string[] = [];
  readonly #counts = new Map<string, number>();
  #more = 0;

  add(sentence: string): void {
    const text = sentence.length > CHARACTERS_MOST ? `${sentence.slice(0, CHARACTERS_MOST)}…` : sentence;
    const known = this.#counts.get(text);
    if (known !== undefined) this.#counts.set(text, known + 1);
    else if (this.#listed.length === SENTENCES_MOST) this.#more++;
    else {
      this.#listed.push(text);
      this.#counts.set(text, 1);
    }
  }

  list(): string[] {
    const listed = this.#listed.map((text) => {
      const count = this.#counts.get(text) ?? 1;
      return count > 1 ? `${text} (${count} times)` : text;
    });
    return this.#more > 0 ? [...listed, `${this.#more} more of this kind`] : listed;
  }
}

/** Takes the sentences of an import, in any order. A sentence that occurs again is counted. */
export class DumpNotes {
  readonly #assumed = new Sentences();
  readonly #lost = new Sentences();
  readonly #damaged = new Sentences();

  /** What the capture states although the dump does not: `page size 4096`. */
  assume(sentence: string): void {
    this.#assumed.add(sentence);
  }

  /** What the dump has and the capture has not: `the signal of thread 7, for which a capture has no field`. */
  lose(sentence: string): void {
    this.#lost.add(sentence);
  }

  /** What the dump should have and has not, or says wrongly: `the core lacks the end of 3 of its segments`. The import is incomplete then. */
  damage(sentence: string): void {
    this.#damaged.add(sentence);
  }

  get assumed(): string[] {
    return this.#assumed.list();
  }

  get lost(): string[] {
    return this.#lost.list();
  }

  get damaged(): string[] {
    return this.#damaged.list();
  }
}
