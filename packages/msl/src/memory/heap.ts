/** A binary heap with the caller's order: the least element is found at once, adding and removing cost a logarithm. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  /** The least element, which stays. */
  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#raise(this.#items.length - 1);
  }

  /** Removes the least element and returns it. */
  pop(): T | undefined {
    const least = this.#items[0];
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return least;
    this.#items[0] = last;
    this.settleTop();
    return least;
  }

  /** To be called when the order of the element on top has changed: moves it to its place. */
  settleTop(): void {
    const items = this.#items;
    const item = items[0];
    if (item === undefined) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = items[child];
      if (least === undefined) break;
      const other = items[child + 1];
      if (other !== undefined && this.#before(other, least)) {
        child++;
        least = other;
      }
      if (!this.#before(least, item)) break;
      items[at] = least;
      at = child;
    }
    items[at] = item;
  }

  #raise(from: number): void {
    const items = this.#items;
    const item = items[from];
    if (item === undefined) return;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !this.#before(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }
}
