/** A line on standard error that shows progress: only on a terminal, from half a second on; it is erased at the end. */
import type { VerifyProgress } from "@memslice/msl";
import { byteText } from "./quantity-text.js";
import { isDumbTerminal } from "./style.js";

const FIRST_AFTER_MS = 500;
const EVERY_MS = 100;
const ERASE_LINE = "\r\u001b[K";

export class Progress {
  readonly #label: string;
  readonly #started = performance.now();
  readonly #shown: boolean;
  #last = 0;
  #isOnLine = false;

  constructor(label: string, quiet: boolean) {
    this.#label = label;
    this.#shown = !quiet && process.stderr.isTTY === true && !isDumbTerminal();
  }

  /** Whether there is a terminal that takes progress. */
  get isShown(): boolean {
    return this.#shown;
  }

  /** `text`: what the line shows in place of `progressText`. */
  readonly update = (progress: VerifyProgress, text?: string): void => {
    const elapsed = performance.now() - this.#started;
    if (!this.#shown || elapsed < FIRST_AFTER_MS || elapsed - this.#last < EVERY_MS) return;
    this.#last = elapsed;
    this.#isOnLine = true;
    process.stderr.write(`${ERASE_LINE}${this.#label}: ${text ?? progressText(progress)}`);
  };

  /** Shows progress of work that knows its bytes, but neither its rate nor the time left. */
  reached(bytesDone: number, bytesTotal: number): void {
    const bytesPerMs = bytesDone / Math.max(performance.now() - this.#started, 1);
    const msLeft = bytesPerMs > 0 ? (bytesTotal - bytesDone) / bytesPerMs : undefined;
    this.update({ bytesDone, bytesTotal, bytesPerSecond: bytesPerMs * 1000, msLeft });
  }

  /** Erases the line. A later update shows it again. */
  done(): void {
    if (this.#isOnLine) process.stderr.write(ERASE_LINE);
    this.#isOnLine = false;
  }
}

/** Bytes and rate, and where the total is known also the percentage and the time left. */
export function progressText({ bytesDone, bytesTotal, bytesPerSecond, msLeft }: VerifyProgress): string {
  const parts = [byteText(bytesDone), `${byteText(bytesPerSecond)}/s`];
  if (bytesTotal) parts.push(`${Math.floor((bytesDone / bytesTotal) * 100)} %`);
  if (msLeft !== undefined) parts.push(`${Math.ceil(msLeft / 1000)} s left`);
  return parts.join(", ");
}
