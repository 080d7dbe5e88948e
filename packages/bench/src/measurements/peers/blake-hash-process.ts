/**
 * Runs @napi-rs/blake-hash in its own process: its thousands of native digests would slow down the calls of other packages in this one.
 */
import { fileURLToPath } from "node:url";
import { blakeHash } from "./blake3.js";
import { PeerProcess } from "./peer-process.js";

const CHILD = fileURLToPath(new URL("../children/blake-hash.js", import.meta.url));

/** Consecutive messages of `length` bytes each. */
export interface EqualMessages {
  readonly bytes: Uint8Array;
  readonly length: number;
}

export class BlakeHashProcess {
  readonly #process = new PeerProcess<EqualMessages>(CHILD);

  /** A contender that hashes each message with a separate call; its result is one array of all digests. */
  digests(messages: EqualMessages) {
    return { name: blakeHash.name, ...this.#process.contender(messages) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
