/** Standard output. It takes data until its reader is gone or a write fails, remembers which, and then takes nothing more. */
import { fstatSync, writeSync } from "node:fs";
import { isatty } from "node:tty";

const DESCRIPTOR = 1;
/** What the system answers when nobody reads any more: of a pipe, of a socket. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "ECONNRESET"]);

/** Why standard output takes nothing more. */
export type OutputLoss = { readonly kind: "reader-gone" } | { readonly kind: "failed"; readonly error: NodeJS.ErrnoException };

export class StandardOutput {
  readonly #put = isFileOrDevice() ? putWhole : putAsStream;
  #loss: OutputLoss | undefined;

  /** undefined as long as everything that was written has been taken. */
  get loss(): OutputLoss | undefined {
    return this.#loss;
  }

  /** Writes all of it, at the pace of the reader. Never throws: `loss` tells what happened. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#loss) return;
    try {
      await this.#put(data);
    } catch (cause) {
      const error = cause as NodeJS.ErrnoException;
      // Calls that wait side by side all fail; the first reason is the one that counts.
      this.#loss ??= READER_GONE.has(error.code) ? { kind: "reader-gone" } : { kind: "failed", error };
    }
  }
}

function isFileOrDevice(): boolean {
  const status = fstatSync(DESCRIPTOR);
  return status.isFile() || (status.isCharacterDevice() && !isatty(DESCRIPTOR));
}

/** Node's stream for files does not look at how much the system took: the rest of a write would be lost when a disk becomes full. */
async function putWhole(data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  for (let done = 0; done < bytes.length; ) done += writeSync(DESCRIPTOR, bytes, done);
}

/** Pipes, sockets and terminals. */
function putAsStream(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

/** Streams also emit what their callbacks get, and an event that nobody hears ends the process. */
export function hearStreamErrors(): void {
  process.stdout.on("error", () => {});
  // Nobody reads the diagnostics: that says nothing about the work.
  process.stderr.on("error", () => {});
}
