/** Counts of things by kind: a hostile dump has very many kinds, of which the first are named. */

/** The most kinds that are named. */
const KINDS_MOST = 12;

export class Kinds<T> {
  readonly #known = new Map<string, T>();
  /** How often kinds occurred that are not named. */
  others = 0;

  /** What is known about a kind, made when it occurs first; undefined for one too many, which is counted. */
  of(key: string, make: () => T): T | undefined {
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size === KINDS_MOST) {
      this.others++;
      return undefined;
    }
    const made = make();
    this.#known.set(key, made);
    return made;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#known.values();
  }

  /** A text for each kind, and how many more there were. */
  texts(textOf: (value: T) => string): string[] {
    const texts = [...this.#known.values()].map(textOf);
    return this.others > 0 ? [...texts, `${this.others} of other kinds`] : texts;
  }
}

/** How often a kind of note, command or record occurred, and its bytes. */
interface Pieces {
  readonly name: string;
  count: number;
  bytes: number;
}

/** Pieces of a dump that are not read, by name. */
export class UnreadPieces {
  readonly #kinds = new Kinds<Pieces>();

  /** `name`: as it is shown, without control characters. */
  add(name: string, bytes: number): void {
    const kind = this.#kinds.of(name, () => ({ name, count: 0, bytes: 0 }));
    if (!kind) return;
    kind.count++;
    kind.bytes += bytes;
  }

  /** `GDB 0xff000000 (2 notes, 200 bytes), ...`; empty if there was none. `pieces`: `notes`. */
  text(pieces: string): string {
    const textOf = ({ name, count, bytes }: Pieces) => `${name} (${count > 1 ? `${count} ${pieces}, ` : ""}${bytes} bytes)`;
    return this.#kinds.texts(textOf).join(", ");
  }
}

/** The name of an owner, quoted unless it is a plain word. */
export function ownerText(name: string): string {
  return /^[\w.+-]+$/.test(name) ? name : JSON.stringify(name);
}
