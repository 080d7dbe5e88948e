/** Collects deviations of one payload: each of them, unless there are very many of one kind, which are then counted. */
import type { LintId } from "./catalogue.js";
import type { Deviation, Report } from "./deviation.js";

/** A hostile payload has one for every few bytes. */
const LISTED_OF_A_KIND = 1000;

interface Kind {
  count: number;
  /** The first one that is not listed. */
  more?: Parameters<Report>[0];
}

export class BoundedReport {
  readonly #listed: Deviation[] = [];
  readonly #kinds = new Map<LintId, Kind>();

  readonly report: Report = (deviation) => {
    const kind = this.#kinds.get(deviation.id) ?? { count: 0 };
    this.#kinds.set(deviation.id, kind);
    kind.count++;
    if (kind.count <= LISTED_OF_A_KIND) this.#listed.push(deviation);
    else kind.more ??= deviation;
  };

  /** The deviations in the order in which they were found; last, one for all further ones of a kind. */
  get deviations(): Deviation[] {
    const rest = [...this.#kinds.values()].flatMap(({ count, more }): Deviation[] => {
      if (!more) return [];
      const message = `${more.message}; and ${count - LISTED_OF_A_KIND - 1} more of this kind behind it`;
      return [{ ...more, message }];
    });
    return [...this.#listed, ...rest];
  }
}
