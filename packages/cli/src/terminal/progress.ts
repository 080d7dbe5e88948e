/** A progress line on standard error: only on a terminal, only after a while, gone when done. */
import { byteText } from "./byte-text.js";

const FIRST_AFTER_MS = 500;
const EVERY_MS = 100;
const ERASE_LINE = "\r\u001b[K";

export class Progress {
  readonly #label: string;
  readonly #started = performance.now();
  readonly #shown: boolean;
  #last = 0;

  constructor(label: string, quiet: boolean) {
    this.#label = label;
    this.#shown = !quiet && process.stderr.isTTY === true;
  }

  readonly update = (progress: { readonly bytesDone: number; readonly bytesTotal: number | undefined }): void => {
    const elapsed = performance.now() - this.#started;
    if (!this.#shown || elapsed < FIRST_AFTER_MS || elapsed - this.#last < EVERY_MS) return;
    this.#last = elapsed;
    const rate = progress.bytesDone / (elapsed / 1000);
    const { bytesTotal } = progress;
    const share = bytesTotal
      ? `${Math.floor((progress.bytesDone / bytesTotal) * 100)} %, ${seconds((bytesTotal - progress.bytesDone) / rate)} left`
      : "";
    process.stderr.write(`${ERASE_LINE}${this.#label}: ${byteText(progress.bytesDone)}, ${byteText(rate)}/s ${share}`);
  };

  done(): void {
    if (this.#last > 0) process.stderr.write(ERASE_LINE);
  }
}

function seconds(value: number): string {
  return `${Math.ceil(value)} s`;
}
