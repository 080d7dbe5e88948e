/** The memory of a process that runs, for questions that need no capture: where are these bytes? Every read is of the moment in which it is made. */
import { type MemoryRange, type MemorySegment, type MemoryStateRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, throwIfAborted } from "@memslice/msl/work";
import { modulesOf } from "../identity/modules.js";
import { requirePermission } from "../preflight/preflight.js";
import { type Mapping, systemPageBytes } from "../proc/mapping.js";
import { minimum, type PageStretchAt, pageStretches } from "../proc/page-table.js";
import { ProcessFiles } from "../proc/process-files.js";
import { hasNoPages, isEmpty, isKernelOnly, type MemoryArea } from "./area.js";
import { readPages } from "./page-reader.js";
import { type Selection, selectMemory } from "./selection.js";

/** Bytes that are read at once where the caller's array does not begin and end with a page. */
const SCRATCH_BYTES = 256n * 1024n;

/** Options of `openProcess`: which memory is looked at. Pages that are not in memory or swap are never read. */
export type ProcessMemoryOptions = Pick<
  Selection,
  "ranges" | "paths" | "protection" | "maxRegion" | "skipFileBacked" | "dontDump" | "devices"
>;

/** Bytes by the state of their page. Bytes that are not mapped, or not selected, count nowhere. */
export interface ProcessMemoryExtent {
  readonly captured: bigint;
  readonly failed: bigint;
  readonly unmapped: bigint;
  /** Always 0: nothing is stored that could be missing. */
  readonly missing: bigint;
}

/**
 * The memory of a process as the questions of @memslice/analysis ask it. Its mappings are those of the moment in which it was opened; pages that the process
 * has given back since are unmapped. `close` it when nobody reads any more.
 */
export class ProcessMemory {
  readonly pid: number;
  readonly #files: ProcessFiles;
  readonly #areas: readonly MemoryArea[];
  readonly #pageBytes: bigint;

  /** @internal */
  constructor(files: ProcessFiles, areas: readonly MemoryArea[], pageBytes: bigint) {
    this.pid = files.pid;
    this.#files = files;
    this.#areas = areas;
    this.#pageBytes = pageBytes;
  }

  /** The ranges between two addresses whose pages are in memory or swap, ascending; ranges that touch are joined. */
  async *ranges(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): AsyncGenerator<MemoryRange, void, undefined> {
    let open: { start: bigint; end: bigint } | undefined;
    for await (const { start, end, state } of this.states(from, to, signal)) {
      if (state !== "captured") continue;
      if (open?.end === start) open.end = end;
      else {
        if (open) yield open;
        open = { start, end };
      }
    }
    if (open) yield open;
  }

  /**
   * The mapped addresses between two addresses, ascending: `captured` if their pages are in memory or swap, otherwise `unmapped`. Throws `source` if the
   * process has ended.
   */
  async *states(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): AsyncGenerator<MemoryStateRange, void, undefined> {
    if (!this.#files.isAlive) throw this.#ended();
    for (const area of this.#areas) {
      throwIfAborted(signal);
      const [start, end] = [area.start > from ? area.start : from, minimum(area.end, to)];
      if (start >= end) continue;
      for await (const stretch of this.#stretches(area, start, end)) {
        throwIfAborted(signal);
        const first = stretch.start > start ? stretch.start : start;
        yield { start: first, end: minimum(stretch.end, end), state: stretch.present ? "captured" : "unmapped" };
      }
    }
  }

  /** How many bytes between two addresses are in each state. `missing` and `failed` are 0: nothing is read. Throws like `states`. */
  async extent(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): Promise<ProcessMemoryExtent> {
    const extent = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n };
    for await (const { start, end, state } of this.states(from, to, signal)) {
      extent[state === "captured" ? "captured" : "unmapped"] += end - start;
    }
    return extent;
  }

  /**
   * Reads as many bytes as `target` has. The segments tell the state of every byte: `failed` for pages that are there and cannot be read, `unmapped` for
   * pages that are not there, `absent` for addresses without mapping. Throws `aborted`, and `source` if the process has ended.
   */
  async readInto(
    target: Uint8Array,
    address: bigint,
    signal?: AbortSignal,
  ): Promise<{ readonly segments: readonly MemorySegment[] }> {
    const end = address + BigInt(target.length);
    const segments: MemorySegment[] = [];
    const note = (start: bigint, stop: bigint, state: MemorySegment["state"]) => {
      const length = Number(stop - start);
      const bytes = target.subarray(Number(start - address), Number(stop - address));
      if (length > 0)
        segments.push(state === "captured" ? { address: start, length, state, bytes } : { address: start, length, state });
    };
    let at = address;
    for await (const { start, end: stop, state } of this.states(address, end, signal)) {
      note(at, start, "absent");
      if (state === "captured") await this.#read(target, address, { start, end: stop }, note, signal);
      else note(start, stop, "unmapped");
      at = stop;
    }
    note(at, end, "absent");
    return { segments };
  }

  /** Closes the files of the process. */
  close(): void {
    this.#files.close();
  }

  /** Reads whole pages, into the array of the caller where they fit, and otherwise by way of another one. */
  async #read(
    target: Uint8Array,
    address: bigint,
    { start, end }: MemoryRange,
    note: (start: bigint, end: bigint, state: MemorySegment["state"]) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const page = this.#pageBytes;
    for (let at = start; at < end; ) {
      const first = at - (at % page);
      const whole = first === at ? end - at - ((end - at) % page) : 0n;
      const stop = whole > 0n ? at + whole : minimum(end, first + SCRATCH_BYTES);
      const last = stop + ((page - (stop % page)) % page);
      const into =
        whole > 0n ? target.subarray(Number(at - address), Number(stop - address)) : new Uint8Array(Number(last - first));
      const stretch = { start: first, end: last, present: true };
      const { states, isGone } = await readPages(this.#files, [stretch], into, { pageBytes: Number(page), signal });
      if (isGone) throw this.#ended();
      spread(into, states, Number(page));
      if (whole === 0n) target.set(into.subarray(Number(at - first), Number(stop - first)), Number(at - address));
      let from = first;
      for (const { count, state } of states) {
        const to = from + BigInt(count) * page;
        const shown = state === "reserved" ? "failed" : state;
        note(from > at ? from : at, minimum(to, stop), shown);
        from = to;
      }
      at = stop;
    }
  }

  /** What is not there any more must not look like memory that was searched. */
  #ended(): MslError {
    return new MslError("source", `Process ${this.pid} has ended, or runs another program: its memory is gone`);
  }

  async *#stretches({ mapping }: MemoryArea, from: bigint, to: bigint): AsyncGenerator<PageStretchAt, void, undefined> {
    const page = this.#pageBytes;
    const [start, end] = [from - (from % page), to + ((page - (to % page)) % page)];
    // What had no page when the memory was opened may have pages now.
    if (hasNoPages(mapping, { start, end }) && (await this.#isEmptyStill(mapping))) yield { start, end, present: false };
    else yield* pageStretches(this.#files, { start, end, pageBytes: page });
  }

  async #isEmptyStill(mapping: Mapping): Promise<boolean> {
    if (isKernelOnly(mapping)) return true;
    const now = await this.#files.mappings();
    return now.every((one) => one.end <= mapping.start || one.start >= mapping.end || isEmpty(one));
  }
}

/** Moves pages that were read behind each other to their places among those that were not. */
function spread(
  bytes: Uint8Array,
  states: readonly { readonly count: number; readonly state: string }[],
  pageBytes: number,
): void {
  if (states.every(({ state }) => state === "captured")) return;
  let to = states.reduce((sum, { count }) => sum + count, 0);
  let from = states.reduce((sum, { count, state }) => sum + (state === "captured" ? count : 0), 0);
  for (const { count, state } of states.toReversed()) {
    to -= count;
    if (state !== "captured") continue;
    from -= count;
    bytes.copyWithin(to * pageBytes, from * pageBytes, (from + count) * pageBytes);
  }
}

/**
 * Opens the memory of a process for reading. The process goes on running, and does not grow. Throws `usage` on other systems than Linux, `not-permitted` if the
 * process may not be read, and `source`.
 */
export async function openProcess(pid: number, options: ProcessMemoryOptions = {}): Promise<ProcessMemory> {
  if (!Number.isSafeInteger(pid) || pid < 1) throw new MslError("usage", `The pid is ${pid}, expected a whole number from 1 on`);
  requirePermission(pid);
  const files = new ProcessFiles(pid);
  try {
    const mappings = await files.mappings();
    const pageBytes = BigInt(systemPageBytes(mappings));
    const ofModules = new Set(modulesOf(mappings).flatMap((module) => module.mappings));
    const { areas } = selectMemory(mappings, options, pageBytes, (mapping) => ofModules.has(mapping));
    return new ProcessMemory(files, areas, pageBytes);
  } catch (error) {
    files.close();
    throw error;
  }
}
