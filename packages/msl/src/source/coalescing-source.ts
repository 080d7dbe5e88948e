import { abortedError, throwIfAborted } from "../errors.js";
import { Shown } from "../json/shown.js";
import { countOf, tableOf } from "../options/checks.js";
import { requireOptions } from "../options/require-options.js";
import { SharedWork, untilAborted } from "./cancellable-work.js";
import { readExactly, readInto, requireRange, type Source, shownBehind } from "./source.js";

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

interface PlannedRequest extends ByteRange {
  /** Positions in the list of ranges; each of these ranges lies inside this request. */
  readonly members: readonly number[];
}

/** Options of `CoalescingSource`, in bytes. */
export interface CoalescingOptions {
  /** Most bytes between two ranges that one request fetches together, with the bytes between them. Default 16 KiB. */
  readonly maxGap?: number;
  /** Most bytes of a request that fetches several ranges. A single range is never split, however long it is. Default 1 MiB. */
  readonly maxLength?: number;
}

export const COALESCING_SOURCE = tableOf<CoalescingOptions>("CoalescingSource")({
  maxGap: countOf("bytes"),
  maxLength: countOf("bytes"),
});

interface PlannedRead extends ByteRange {
  /** Filled if the read is a request of its own. */
  readonly target: Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
  resolve(bytes: Uint8Array | PromiseLike<Uint8Array>): void;
  reject(error: unknown): void;
}

/**
 * Merges reads that are issued together and lie near each other into one read of another source. A read waits for one microtask and no longer:
 * the reads of one `Promise.all` are merged, and a single read is not delayed.
 */
export class CoalescingSource extends Shown implements Source {
  readonly size: number;
  readonly metered: boolean;
  readonly #source: Source;
  readonly #limits: Required<CoalescingOptions>;
  #planned: PlannedRead[] = [];

  /** Throws `usage` for an unknown option, and for a limit that is not a byte count. */
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
    return length === 0 ? new Uint8Array(0) : this.#plan(offset, length, undefined, signal);
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    requireRange(offset, target.length, this.size);
    if (target.length === 0) return;
    const bytes = await this.#plan(offset, target.length, target, signal);
    if (bytes !== target) target.set(bytes);
  }

  async requireUnchanged(): Promise<void> {
    await this.#source.requireUnchanged?.();
  }

  /** Closes the source below. */
  async close(): Promise<void> {
    await this.#source.close?.();
  }

  /** `target`: where the bytes may be read to. The promise tells where they are. */
  #plan(offset: number, length: number, target: Uint8Array | undefined, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#planned.push({ offset, length, target, signal, resolve, reject }) === 1) queueMicrotask(() => this.#send());
    });
  }

  #send(): void {
    const reads = this.#planned.filter(isStillWanted);
    this.#planned = [];
    for (const { offset, length, members } of planRanges(reads, this.#limits)) {
      const alone = members.length === 1 ? reads[members[0] ?? 0] : undefined;
      if (alone) {
        this.#sendAlone(alone);
        continue;
      }
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

  #sendAlone({ offset, length, target, signal, resolve, reject }: PlannedRead): void {
    const reading = target ? readInto(this.#source, offset, target, signal) : readExactly(this.#source, offset, length, signal);
    untilAborted(reading, signal).then(resolve, reject);
  }
}

/** False for a read whose signal has fired; rejects it. */
function isStillWanted({ signal, reject }: PlannedRead): boolean {
  if (!signal?.aborted) return true;
  reject(abortedError(signal));
  return false;
}

/** Which requests fetch a set of ranges. Every range lies in exactly one request; requests come in the order of their offsets. Reads nothing. */
export function planRanges(ranges: readonly ByteRange[], limits: Required<CoalescingOptions>): PlannedRequest[] {
  const { maxGap, maxLength } = limits;
  const sorted = ranges.map(({ offset, length }, position) => ({ offset, length, position })).sort((a, b) => a.offset - b.offset);
  const requests: { offset: number; length: number; members: number[] }[] = [];
  for (const { offset, length, position } of sorted) {
    const last = requests.at(-1);
    const lastEnd = last ? last.offset + last.length : 0;
    const joined = last ? Math.max(lastEnd, offset + length) - last.offset : 0;
    // A range inside the last request costs nothing, even if that request is longer than merged ones may be.
    if (last && (joined === last.length || (offset - lastEnd <= maxGap && joined <= maxLength))) {
      last.length = joined;
      last.members.push(position);
    } else requests.push({ offset, length, members: [position] });
  }
  return requests;
}
