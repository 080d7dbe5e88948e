/** Ranges of addresses that read otherwise, as the report lists them: neighbours alike joined, and a bounded number. */
import type { AddressDifference, AddressView } from "./report.js";

export interface Difference {
  readonly start: bigint;
  readonly end: bigint;
  readonly before: AddressView;
  readonly after: AddressView;
  /** Whether it follows from the selection. */
  readonly selection: boolean;
}

/** Ranges that are listed one by one; those behind them make one entry. */
const LISTED_MOST = 10_000;

/** Takes differences in the order of their addresses. */
export class DifferenceList {
  readonly #listed: Difference[] = [];
  #last: Difference | undefined;
  #rest: { readonly start: bigint; end: bigint; count: number; selection: boolean } | undefined;

  add(difference: Difference): void {
    const last = this.#last;
    if (last && last.end === difference.start && alike(last, difference)) {
      this.#last = { ...last, end: difference.end };
      return;
    }
    this.#put();
    this.#last = difference;
  }

  differences(): AddressDifference[] {
    this.#put();
    this.#last = undefined;
    const listed = this.#listed.map(({ start, end, before, after, selection }) => ({
      ...places(start, end),
      before,
      after,
      ...(selection && { selection: true as const }),
    }));
    if (!this.#rest) return listed;
    const { start, end, count, selection } = this.#rest;
    const various = { state: "various" } as const;
    return [
      ...listed,
      { ...places(start, end), before: various, after: various, count, ...(selection && { selection: true as const }) },
    ];
  }

  #put(): void {
    const last = this.#last;
    if (!last) return;
    if (this.#listed.length < LISTED_MOST) this.#listed.push(last);
    else if (this.#rest) {
      this.#rest.end = last.end;
      this.#rest.count++;
      this.#rest.selection &&= last.selection;
    } else this.#rest = { start: last.start, end: last.end, count: 1, selection: last.selection };
  }
}

function alike(a: Difference, b: Difference): boolean {
  const same = (one: AddressView, other: AddressView) => one.state === other.state && one.block === other.block;
  return a.selection === b.selection && same(a.before, b.before) && same(a.after, b.after);
}

function places(start: bigint, end: bigint): { readonly start: string; readonly end: string } {
  return { start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}` };
}
