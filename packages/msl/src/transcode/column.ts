/** Columns of numbers, one for each block: a capture may have millions of blocks, and an object for each would take more memory than a small block. */

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

export class Column<T extends Numbers> {
  readonly #make: new (
    length: number,
  ) => T;
  readonly #length: number;
  /** Made when the first number other than 0 is set: in many captures none is. */
  #values: T | undefined;

  /** `length`: of all blocks. Each has 0 at first. */
  constructor(make: new (length: number) => T, length: number) {
    this.#make = make;
    this.#length = length;
  }

  get(block: number): number {
    return this.#values?.[block] ?? 0;
  }

  set(block: number, value: number): void {
    if (value === 0 && !this.#values) return;
    this.#values ??= new this.#make(this.#length);
    this.#values[block] = value;
  }
}

/** The index of another block, or none, for each block. */
export class BlockColumn {
  /** One more than the index. */
  readonly #next: Column<Uint32Array>;

  constructor(length: number) {
    this.#next = new Column(Uint32Array, length);
  }

  get(block: number): number | undefined {
    const next = this.#next.get(block);
    return next === 0 ? undefined : next - 1;
  }

  set(block: number, other: number | undefined): void {
    this.#next.set(block, other === undefined ? 0 : other + 1);
  }
}
