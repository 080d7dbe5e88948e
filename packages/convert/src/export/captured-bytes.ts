/** Copies the captured bytes of ranges of addresses to an output, one range behind the other. */
import { type Capture, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, TimeSlice } from "@memslice/msl/work";
import type { MemoryRow } from "./memory-rows.js";
import type { Output } from "./output.js";

/** Addresses that are read at once, holes included, where captured ranges are short. */
const WINDOW_BYTES = 512 * 1024;
/** Shorter ranges are read in windows: a read by address costs as much as copying some ten KiB. */
const LEAST_DIRECT = 64 * 1024;
/** Work that an undefined row stands for, in units of `TimeSlice`. */
const UNITS_WITHOUT_ROW = 256;
/** Bytes that count as one unit of a `TimeSlice`, as in other passes over bytes. */
const BYTES_PER_UNIT = 32;

/**
 * Appends the bytes of each captured row, which must come in ascending order; an undefined row stands for work that gave none. `before` is called before the first byte of each. Throws like
 * `CapturedBytes.append`.
 */
export async function appendCaptured<Row extends Pick<MemoryRow, "start" | "end" | "captured">>(
  memory: ReadableMemory,
  rows: Iterable<Row | undefined>,
  output: Output,
  before: (row: Row) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = new CapturedBytes(memory, signal);
  const slice = new TimeSlice(signal);
  for (const row of rows) {
    if (slice.isSpent(row ? 1 : UNITS_WITHOUT_ROW)) await slice.renew();
    if (!row?.captured) continue;
    await before(row);
    await bytes.append(row, output);
  }
}

type ReadableMemory = Pick<Capture["memory"], "readInto">;

/** Copies captured ranges, the next one behind the last one: short ranges are read together. */
export class CapturedBytes {
  readonly #memory: ReadableMemory;
  readonly #signal: AbortSignal | undefined;
  readonly #window: Window;
  readonly #slice: TimeSlice;

  constructor(memory: ReadableMemory, signal: AbortSignal | undefined) {
    this.#memory = memory;
    this.#signal = signal;
    this.#window = new Window(memory, signal);
    this.#slice = new TimeSlice(signal);
  }

  /**
   * Appends the bytes of `[start, end)`. Throws `changed` if the range is no longer captured as it was when it was listed, what reading memory and writing
   * throw, and `aborted`. `piece` is called with each piece, a view that is valid meanwhile.
   */
  async append(
    { start, end }: Pick<MemoryRow, "start" | "end">,
    output: Output,
    piece?: (bytes: Uint8Array) => void,
  ): Promise<void> {
    for (let at = start; at < end; ) {
      const left = end - at;
      const room = await output.room(left < BigInt(WINDOW_BYTES) ? Number(left) : WINDOW_BYTES);
      const isDirect = end - start >= BigInt(LEAST_DIRECT);
      if (isDirect && !piece) await output.appendFilled(room, readWhole(this.#memory, room, at, this.#signal));
      else {
        if (isDirect || room.length < Number(left)) await readWhole(this.#memory, room, at, this.#signal);
        else await this.#window.copy(room, at);
        piece?.(room);
        output.advance(room.length);
      }
      at += BigInt(room.length);
      if (this.#slice.isSpent(room.length / BYTES_PER_UNIT)) await this.#slice.renew();
    }
  }
}

async function readWhole(
  memory: ReadableMemory,
  target: Uint8Array,
  address: bigint,
  signal: AbortSignal | undefined,
): Promise<void> {
  const read = await memory.readInto(target, address, signal);
  if (!read.complete) throw changed(address);
}

/** Short captured ranges that lie near each other are read together: a read by address costs more than copying some KiB. */
class Window {
  readonly #memory: ReadableMemory;
  readonly #signal: AbortSignal | undefined;
  readonly #array = new Uint8Array(WINDOW_BYTES);
  #start = 0n;
  #end = 0n;
  /** The end of what was copied last: the parts before it are passed. */
  #reached = 0n;
  /** The captured parts of the window, in order, from `#next` on. */
  #parts: readonly { readonly start: bigint; readonly end: bigint }[] = [];
  #next = 0;

  constructor(memory: ReadableMemory, signal: AbortSignal | undefined) {
    this.#memory = memory;
    this.#signal = signal;
  }

  /** Copies the captured bytes from `address` on. */
  async copy(target: Uint8Array, address: bigint): Promise<void> {
    const end = address + BigInt(target.length);
    if (address < this.#reached || end > this.#end) await this.#load(address);
    this.#reached = end;
    while ((this.#parts[this.#next]?.end ?? end) < end) this.#next++;
    const part = this.#parts[this.#next];
    if (!part || part.start > address) throw changed(address);
    const at = Number(address - this.#start);
    target.set(this.#array.subarray(at, at + target.length));
  }

  async #load(address: bigint): Promise<void> {
    const last = ADDRESS_SPACE_END - address;
    const array = last < BigInt(WINDOW_BYTES) ? this.#array.subarray(0, Number(last)) : this.#array;
    const { segments } = await this.#memory.readInto(array, address, this.#signal);
    const parts: { start: bigint; end: bigint }[] = [];
    for (const segment of segments) {
      if (segment.state !== "captured") continue;
      const end = segment.address + BigInt(segment.length);
      const before = parts.at(-1);
      if (before?.end === segment.address) before.end = end;
      else parts.push({ start: segment.address, end });
    }
    this.#start = address;
    this.#end = address + BigInt(array.length);
    this.#parts = parts;
    this.#next = 0;
  }
}

function changed(address: bigint): MslError {
  return new MslError(
    "changed",
    `Memory at 0x${address.toString(16)} was captured when it was listed, and cannot be read now: the capture is changing, or does not decompress. Check it with verify`,
  );
}
