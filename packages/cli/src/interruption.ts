/** Signals that ask the process to end: work is cancelled, unfinished files are removed, and the status names the signal. */
import { constants } from "node:os";
import { ExitStatus } from "./exit-status.js";
import { removeUnfinishedFiles } from "./streams/unfinished-files.js";

const STATUS_OF = { SIGINT: ExitStatus.Interrupted, SIGTERM: ExitStatus.Terminated, SIGHUP: ExitStatus.HungUp } as const;
type EndingSignal = keyof typeof STATUS_OF;

/** Work that was cancelled has so much time to end. It may wait for a reader that does not read, or for a call of the system. */
const GRACE_MS = 2000;

export class Interruption {
  readonly #abort = new AbortController();
  #received: EndingSignal | undefined;

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get interrupted(): boolean {
    return this.#received !== undefined;
  }

  /** The status of work that ended with `work`: of interrupted work, that of the signal. */
  endStatus(work: ExitStatus): ExitStatus {
    return work === ExitStatus.Interrupted && this.#received ? STATUS_OF[this.#received] : work;
  }

  /** Takes the signals over from the system. */
  listen(): void {
    for (const name of Object.keys(STATUS_OF) as EndingSignal[]) process.on(name, () => this.#receive(name));
  }

  #receive(name: EndingSignal): void {
    // Who asks twice does not want to wait.
    if (this.#received) endBySignal(name);
    this.#received = name;
    setTimeout(() => endBySignal(name), GRACE_MS).unref();
    this.#abort.abort();
  }
}

/** As if nobody had listened: `process.exit` would wait for calls of the system that have not returned. */
function endBySignal(name: EndingSignal): void {
  removeUnfinishedFiles();
  process.removeAllListeners(name);
  process.kill(process.pid, constants.signals[name]);
}
