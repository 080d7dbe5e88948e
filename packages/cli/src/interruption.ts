/** Handles the signals that ask the process to end: cancels the work, removes unfinished files, and sets the status of the signal. */
import { constants } from "node:os";
import { ExitStatus } from "./exit-status.js";
import { removeUnfinishedFiles } from "./streams/unfinished-files.js";

const STATUS_OF = { SIGINT: ExitStatus.Interrupted, SIGTERM: ExitStatus.Terminated, SIGHUP: ExitStatus.HungUp } as const;
type EndingSignal = keyof typeof STATUS_OF;

/** Milliseconds that cancelled work may take to end: a system call, or a reader that does not read, can keep it waiting for longer. */
const GRACE_MS = 2000;

export class Interruption {
  readonly #abort = new AbortController();
  #received: EndingSignal | undefined;

  /** An AbortSignal that the first signal of the system aborts. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get interrupted(): boolean {
    return this.#received !== undefined;
  }

  /** The status of the process whose work ended with the status `work`: the signal's own status if the work was interrupted. */
  endStatus(work: ExitStatus): ExitStatus {
    return work === ExitStatus.Interrupted && this.#received ? STATUS_OF[this.#received] : work;
  }

  /** Installs the signal handlers: from now on, the signals no longer end the process at once. */
  listen(): void {
    for (const name of Object.keys(STATUS_OF) as EndingSignal[]) process.on(name, () => this.#receive(name));
  }

  #receive(name: EndingSignal): void {
    // The second signal ends the process without waiting for the work.
    if (this.#received) endBySignal(name);
    this.#received = name;
    setTimeout(() => endBySignal(name), GRACE_MS).unref();
    this.#abort.abort();
  }
}

/** Ends the process by the signal itself, as without a handler: `process.exit` would wait for system calls that have not returned. */
function endBySignal(name: EndingSignal): void {
  removeUnfinishedFiles();
  process.removeAllListeners(name);
  process.kill(process.pid, constants.signals[name]);
}
