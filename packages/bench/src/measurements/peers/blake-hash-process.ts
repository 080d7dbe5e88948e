/** @napi-rs/blake-hash in a process of its own: beside its thousands of native digests, calls of other packages take longer. */
import { fileURLToPath } from "node:url";
import { blakeHash } from "./blake3.js";
import { PeerProcess } from "./peer-process.js";

const CHILD = fileURLToPath(new URL("../children/blake-hash.js", import.meta.url));

/** Messages of `length` bytes, one after the other. */
export interface EqualMessages {
  readonly bytes: Uint8Array;
  readonly length: number;
}

export class BlakeHashProcess {
  readonly #process = new PeerProcess<EqualMessages>(CHILD);

  /** A contender that hashes each message by a call of its own; it yields the digests in one array. */
  digests(messages: EqualMessages) {
    return { name: blakeHash.name, ...this.#process.contender(messages) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
