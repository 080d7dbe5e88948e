/** Gathers small pieces, so that a sink gets few large ones, and every complete block at the latest when it is complete. */
import { MslError } from "../errors.js";
import type { Sink } from "./sink.js";

const CAPACITY = 256 * 1024;

export class GatheringSink {
  readonly #sink: Sink;
  #gathered = new Uint8Array(CAPACITY);
  #length = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Takes a copy. The last bytes stay here until `flush`: a block that turns out wrong at its very end never becomes complete. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#length === CAPACITY) await this.#handOver(this.#gathered);
      const piece = bytes.subarray(at, at + CAPACITY - this.#length);
      this.#gathered.set(piece, this.#length);
      this.#length += piece.length;
      at += piece.length;
    }
  }

  async flush(): Promise<void> {
    if (this.#length > 0) await this.#handOver(this.#gathered.slice(0, this.#length));
    await guarded(() => this.#sink.flush?.());
  }

  async close(): Promise<void> {
    await guarded(() => this.#sink.close?.());
  }

  /** The bytes become the sink's. */
  async #handOver(bytes: Uint8Array): Promise<void> {
    if (bytes === this.#gathered) this.#gathered = new Uint8Array(CAPACITY);
    this.#length = 0;
    await guarded(() => this.#sink.write(bytes));
  }
}

/** Runs what calls a sink; its errors become `sink`. */
export async function guarded(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof MslError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new MslError("sink", `The sink failed: ${message}`, { cause });
  }
}
