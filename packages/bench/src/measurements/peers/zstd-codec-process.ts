/** Runs zstd-codec in its own process: its heap has a fixed size, and the package is unusable after an abort. */
import { fileURLToPath } from "node:url";
import { nameAndVersion } from "../harness/environment.js";
import { PeerProcess } from "./peer-process.js";

const CHILD = fileURLToPath(new URL("../children/zstd-codec.js", import.meta.url));

export class ZstdCodecProcess {
  readonly #process = new PeerProcess<Uint8Array<ArrayBuffer>>(CHILD);

  /** A contender that decodes `frame`. */
  decoder(frame: Uint8Array) {
    const copy = new Uint8Array(frame);
    const { run, elsewhere } = this.#process.contender(copy);
    return {
      name: nameAndVersion("zstd-codec"),
      run: async () => {
        try {
          return await run();
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          throw new Error(`${message}; input: zstd frame of ${copy.length} bytes, ${hexStart(copy)}`);
        }
      },
      elsewhere,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function hexStart(bytes: Uint8Array): string {
  return `beginning ${Buffer.from(bytes.subarray(0, 16)).toString("hex")}`;
}
