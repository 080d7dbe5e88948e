/** A kernel that is called again and again until it has come to the end of a window. It keeps its place in a cursor, and writes what it finds to an output. */
import type { ScanCore } from "./scan-core.js";

/** What a kernel finds, and where it keeps its place. */
export interface KernelShape {
  /** Bytes of the cursor. Its first u32 is the offset that the kernel goes on at. */
  readonly cursorBytes: number;
  /** u32 of each finding. */
  readonly words: number;
  /** Findings that one call may write. */
  readonly capacity: number;
}

/** Holds areas of the core's memory from construction until `release()`. */
export class ResumedKernel {
  readonly #core: ScanCore;
  readonly #shape: KernelShape;
  readonly #cursor: number;
  readonly #output: number;
  #released = false;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore, shape: KernelShape) {
    this.#core = core;
    this.#shape = shape;
    this.#cursor = core.memory.acquire(shape.cursorBytes);
    this.#output = core.memory.acquire(this.#outputBytes);
  }

  /**
   * The findings of each call, one behind the other: no words if a call found nothing and paused. A batch is valid until the next one is asked for.
   * `start`: the first u32 of the cursor. The kernel has ended when its cursor is at `end`; `next` may be called with a smaller end. `call` calls the
   * kernel, and returns the number of findings. Returns the end.
   */
  *batches(
    start: readonly number[],
    end: number,
    call: (cursor: number, output: number, capacity: number, end: number) => number,
  ): Generator<Uint32Array, number, number | undefined> {
    const { buffer } = this.#core.memory.bytes;
    const { cursorBytes, words, capacity } = this.#shape;
    const cursor = new DataView(buffer, this.#cursor, cursorBytes);
    for (const [i, value] of start.entries()) cursor.setUint32(4 * i, value, true);
    let last = end;
    while (cursor.getUint32(0, true) < last) {
      const count = call(this.#cursor, this.#output, capacity, last);
      last = (yield new Uint32Array(buffer, this.#output, words * count)) ?? last;
    }
    return last;
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#core.memory.release(this.#cursor, this.#shape.cursorBytes);
    this.#core.memory.release(this.#output, this.#outputBytes);
  }

  get #outputBytes(): number {
    return 4 * this.#shape.words * this.#shape.capacity;
  }
}
