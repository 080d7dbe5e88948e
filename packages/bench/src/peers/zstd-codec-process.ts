/** zstd-codec in a process of its own, which is started anew when it has died. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nameAndVersion } from "../harness/environment.js";

const CHILD = fileURLToPath(new URL("../children/zstd-codec.js", import.meta.url));

export type CodecRequest =
  | { readonly kind: "decode"; readonly frame: Uint8Array<ArrayBuffer> }
  | { readonly kind: "time"; readonly repeats: number }
  | { readonly kind: "peak" };

export type CodecAnswer =
  | { readonly bytes: Uint8Array }
  | { readonly seconds: number }
  | { readonly peak: number }
  | { readonly error: string };

export class ZstdCodecProcess {
  #child: ChildProcess | undefined;

  /** A contender that decodes `frame`. */
  async decoder(frame: Uint8Array) {
    const copy = new Uint8Array(frame);
    return {
      name: nameAndVersion("zstd-codec"),
      run: async () => {
        try {
          const { bytes } = await this.#ask<{ bytes: Uint8Array }>({ kind: "decode", frame: copy });
          return bytes;
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          throw new Error(`${message}; input: zstd frame of ${copy.length} bytes, ${hexStart(copy)}`);
        }
      },
      elsewhere: {
        time: async (repeats: number) => (await this.#ask<{ seconds: number }>({ kind: "time", repeats })).seconds,
        peak: async () => (await this.#ask<{ peak: number }>({ kind: "peak" })).peak,
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill();
  }

  #ask<Answer>(request: CodecRequest): Promise<Answer> {
    this.#child ??= fork(CHILD, { serialization: "advanced", stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        child.off("message", onMessage);
        child.off("exit", onExit);
        end();
      };
      const onMessage = (answer: CodecAnswer) =>
        settle(() => ("error" in answer ? reject(new Error(answer.error)) : resolve(answer as Answer)));
      const onExit = (status: number | null, signal: string | null) =>
        settle(() => {
          this.#child = undefined;
          reject(new Error(`the process died: ${signal ?? `exit status ${status}`}`));
        });
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.send(request);
    });
  }
}

function hexStart(bytes: Uint8Array): string {
  return `beginning ${Buffer.from(bytes.subarray(0, 16)).toString("hex")}`;
}
