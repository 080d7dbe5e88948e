import { abortedError, throwIfAborted } from "../errors.js";
import { Shown } from "../json/shown.js";
import { requireOptions } from "../options/require-options.js";
import { COALESCING_SOURCE } from "../options/sources.js";
import { type ByteRange, planRanges, type RangeLimits } from "./range-plan.js";
import { SharedWork } from "./shared-work.js";
import { shownBehind } from "./shown-source.js";
import { readExactly, requireRange, type Source } from "./source.js";

/** `maxGap`: default 16 KiB. `maxLength`: default 1 MiB. */
export type CoalescingOptions = Partial<RangeLimits>;

interface PlannedRead extends ByteRange {
  readonly signal: AbortSignal | undefined;
  resolve(bytes: Uint8Array | PromiseLike<Uint8Array>): void;
  reject(error: unknown): void;
}

/**
 * Merges reads that are issued together and lie near each other into one read of another source. Reads wait for a microtask, no
 * longer: those of one `Promise.all` meet, one that stands alone is not delayed.
 */
export class CoalescingSource extends Shown implements Source {
  readonly size: number;
  readonly metered: boolean;
  readonly #source: Source;
  readonly #limits: RangeLimits;
  #planned: PlannedRead[] = [];

  /** Throws `usage` for options that it does not have, and limits that are no byte counts. */
  constructor(source: Source, options: CoalescingOptions = {}) {
    super();
    requireOptions(COALESCING_SOURCE, options);
    const { maxGap = 16 * 1024, maxLength = 1024 * 1024 } = options;
    this.size = source.size;
    this.metered = source.metered ?? false;
    this.#source = source;
    this.#limits = { maxGap, maxLength };
  }

  override toJSON() {
    const { size, metered } = this;
    return { size, metered, ...this.#limits, ...shownBehind(this.#source) };
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    if (length === 0) return new Uint8Array(0);
    return new Promise((resolve, reject) => {
      if (this.#planned.push({ offset, length, signal, resolve, reject }) === 1) queueMicrotask(() => this.#send());
    });
  }

  async close(): Promise<void> {
    await this.#source.close?.();
  }

  #send(): void {
    const reads = this.#planned.filter(isStillWanted);
    this.#planned = [];
    for (const { offset, length, members } of planRanges(reads, this.#limits)) {
      const request = new SharedWork((signal) => readExactly(this.#source, offset, length, signal));
      for (const member of members) {
        const read = reads[member];
        if (!read) continue;
        const start = read.offset - offset;
        request
          .join(read.signal)
          .then((bytes) => bytes.subarray(start, start + read.length))
          .then(read.resolve, read.reject);
      }
    }
  }
}

/** Answers a reader who has given up since. */
function isStillWanted({ signal, reject }: PlannedRead): boolean {
  if (!signal?.aborted) return true;
  reject(abortedError(signal));
  return false;
}
