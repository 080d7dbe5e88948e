/**
 * A fixed number of buffers: reading waits while the writer has all of them, so that the memory of a capture does not depend on its process. Small pieces share a
 * buffer, so that many small mappings can be read before the first of them is written.
 */
export class BufferPool {
  /** Bytes of a buffer. */
  readonly pieceMost: number;
  readonly #free: PooledBuffer[];
  readonly #used = new Set<Promise<void>>();
  /** The buffer that pieces are taken of. */
  #open: PooledBuffer | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #memory: ReadonlySet<ArrayBufferLike>;

  /** `isShared`: whether other threads can read the buffers. */
  constructor(buffers: number, bytes: number, isShared = false) {
    this.pieceMost = bytes;
    const newBuffer = () => new Uint8Array(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    this.#free = Array.from({ length: buffers }, () => ({ bytes: newBuffer(), taken: 0, uses: 0 }));
    this.#memory = new Set(this.#free.map(({ bytes }) => bytes.buffer));
  }

  /** Has the system give memory to all buffers, which it does page by page otherwise, when they are read into. */
  touch(): void {
    for (const { bytes } of this.#free) bytes.fill(0);
  }

  /** Whether bytes lie in one of the buffers. */
  has({ buffer }: Uint8Array): boolean {
    return this.#memory.has(buffer);
  }

  /** Whether `take` of `length` bytes need not wait. */
  hasRoomFor(length: number): boolean {
    const open = this.#open;
    return this.#free.length > 0 || open?.uses === 0 || (open !== undefined && open.taken + length <= open.bytes.length);
  }

  /** `length` bytes that nothing else uses, at most those of a buffer. Throws the first error of a use. */
  async take(length: number): Promise<Piece> {
    for (;;) {
      this.#requireSuccess();
      const open = this.#open;
      if (open && open.taken + length <= open.bytes.length) {
        const bytes = open.bytes.subarray(open.taken, open.taken + length);
        open.taken += length;
        open.uses++;
        return { bytes, of: open };
      }
      this.#open = undefined;
      if (open?.uses === 0) this.#free.push(open);
      this.#open = this.#free.pop();
      if (this.#open) this.#open.taken = 0;
      else await Promise.race(this.#used);
    }
  }

  /** Gives a piece back when `use` has settled. An error of `use` is thrown by `take` and `allBack`. */
  giveBackAfter({ of }: Piece, use: Promise<unknown>): void {
    const back: Promise<void> = use
      .then(
        () => undefined,
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .then(() => {
        this.#used.delete(back);
        of.uses--;
        if (of.uses === 0 && of !== this.#open) this.#free.push(of);
      });
    this.#used.add(back);
  }

  /** Resolves when no piece is in use. Throws the first error of a use. */
  async allBack(): Promise<void> {
    await Promise.all(this.#used);
    this.#requireSuccess();
  }

  #requireSuccess(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

/** A buffer, and how many of its bytes were taken in how many pieces that are in use. */
interface PooledBuffer {
  readonly bytes: Uint8Array;
  taken: number;
  uses: number;
}

/** Bytes of a buffer. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** The buffer, for the pool. */
  readonly of: PooledBuffer;
}
