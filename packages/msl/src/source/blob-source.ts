import { MslError, throwIfAborted } from "../errors.js";
import { requireRange, type Source } from "./source.js";

/** A Blob or File of the web platform. */
export class BlobSource implements Source {
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  get size(): number {
    return this.#blob.size;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    try {
      return new Uint8Array(await this.#blob.slice(offset, offset + length).arrayBuffer());
    } catch (cause) {
      throw new MslError("source", `The blob cannot be read at offset ${offset}`, { offset, cause });
    }
  }
}
