/** A list of numbers that grows: no object is made for each. */
export class Offsets {
  #numbers = new Uint32Array(16);
  length = 0;

  add(number: number): void {
    if (this.length === this.#numbers.length) {
      const more = new Uint32Array(2 * this.length);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.length++] = number;
  }

  get all(): Uint32Array {
    return this.#numbers.slice(0, this.length);
  }
}
