/** A fixed number of buffers: reading waits while the writer has all of them, so that the memory of a capture does not depend on its process. */
export class BufferPool {
  readonly #free: Uint8Array[];
  readonly #used = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(buffers: number, bytes: number) {
    this.#free = Array.from({ length: buffers }, () => new Uint8Array(bytes));
  }

  /** A buffer that nothing uses. Throws the first error of a use. */
  async take(): Promise<Uint8Array> {
    for (;;) {
      this.#requireSuccess();
      const buffer = this.#free.pop();
      if (buffer) return buffer;
      if (this.#used.size === 0) throw new RangeError("Every buffer was taken, and none is in use");
      await Promise.race(this.#used);
    }
  }

  /** Gives a buffer back when `use` has settled. An error of `use` is thrown by `take` and `allBack`. */
  giveBackAfter(buffer: Uint8Array, use: Promise<unknown>): void {
    const back: Promise<void> = use
      .then(
        () => undefined,
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .then(() => {
        this.#used.delete(back);
        this.#free.push(buffer);
      });
    this.#used.add(back);
  }

  /** Resolves when no buffer is in use. Throws the first error of a use. */
  async allBack(): Promise<void> {
    await Promise.all(this.#used);
    this.#requireSuccess();
  }

  #requireSuccess(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
