/** Standard output. After its reader has closed it, or a write has failed, it discards all further data and remembers the reason. */
import { fstatSync, writeSync } from "node:fs";
import { isatty } from "node:tty";

const DESCRIPTOR = 1;
/** The error codes of a write whose reader has gone: EPIPE for a pipe, ECONNRESET for a socket. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "ECONNRESET"]);

/** The reason why standard output discards data. */
export type OutputLoss = { readonly kind: "reader-gone" } | { readonly kind: "failed"; readonly error: NodeJS.ErrnoException };

export class StandardOutput {
  readonly #put = isFileOrDevice() ? putWhole : putAsStream;
  #loss: OutputLoss | undefined;

  /** undefined as long as all data has been written. */
  get loss(): OutputLoss | undefined {
    return this.#loss;
  }

  /** Writes all of the data, at the pace of its reader. Never throws: an error is found in `loss`. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#loss) return;
    try {
      await this.#put(data);
    } catch (cause) {
      const error = cause as NodeJS.ErrnoException;
      // Calls that wait at the same time all fail: the reason of the first one is kept.
      this.#loss ??= READER_GONE.has(error.code) ? { kind: "reader-gone" } : { kind: "failed", error };
    }
  }
}

function isFileOrDevice(): boolean {
  // `bigint`: fstat of a pipe without it makes Node resolve the next import through a symbolic link to another URL (realpathSync looks at the type of
  // the file that was asked about last), and a module that is loaded under two URLs has two classes of each name.
  const status = fstatSync(DESCRIPTOR, { bigint: true });
  return status.isFile() || (status.isCharacterDevice() && !isatty(DESCRIPTOR));
}

/** Writes until all bytes are written. Node's stream for files ignores that a write was short: the rest is lost when a disk becomes full. */
async function putWhole(data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  for (let done = 0; done < bytes.length; ) done += writeSync(DESCRIPTOR, bytes, done);
}

/** Writes to a pipe, a socket or a terminal. */
function putAsStream(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

/** Attaches handlers for errors of both streams: an `error` event without a handler would end the process. */
export function ignoreStreamErrors(): void {
  // The callback of the write gets the same error.
  process.stdout.on("error", () => {});
  // Diagnostics that cannot be written do not change the exit status.
  process.stderr.on("error", () => {});
}
