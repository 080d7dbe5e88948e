/** Copies a range of memory into a sink. A hole stops the copy before its first byte, or is filled with a byte that the caller names. */
import { MslError, type Sink } from "@memslice/msl";
import {
  ADDRESS_SPACE_END,
  bigint,
  callback,
  checksOf,
  integer,
  requireOptions,
  signal,
  tableOf,
  throwIfAborted,
} from "@memslice/msl/work";
import type { Memory } from "../memory.js";
import { type ContentExtent, type ContentPiece, content, contentExtent } from "./content.js";

const FILL_BYTES = 64 * 1024;
/** Bytes of holes that are filled without another limit: 4 GiB. */
const DEFAULT_FILL_LIMIT = 1n << 32n;

/** Options of `copyContent`. */
export interface CopyContentOptions {
  /** The byte that stands for each byte that was not captured, 0 to 255. Without it, a hole is refused. */
  readonly fill?: number | undefined;
  /** The most bytes of holes that are filled; 4 GiB by default. A capture decides how long a hole is, with one field. */
  readonly fillLimit?: bigint | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `done`: bytes that the sink has; `total`: bytes of the range. */
  readonly onProgress?: ((done: bigint, total: bigint) => void) | undefined;
}

const BYTE_MOST = 0xff;

/** The checks of the options of everything that fills holes. */
export const FILLING = checksOf<Omit<CopyContentOptions, "onProgress">>()({
  fill: integer(0, BYTE_MOST),
  fillLimit: bigint(0n, ADDRESS_SPACE_END),
  signal,
});
export const COPY_CONTENT = tableOf<CopyContentOptions>("copyContent")({ ...FILLING, onProgress: callback() });

/**
 * Writes the bytes of `[from, to)` to `sink`, and returns how many bytes are in each state: all that are not captured have the value `fill`.
 * Throws `hole` before anything is written if bytes of the range were not captured and `fill` is not given, and while it writes if a memory loses
 * bytes meanwhile; `limit` before a hole is filled that passes `fillLimit`; `usage` for a fill that is no byte; `aborted`; and what memory and sink throw.
 */
export async function copyContent(
  memory: Memory,
  from: bigint,
  to: bigint,
  sink: Pick<Sink, "write">,
  options: CopyContentOptions = {},
): Promise<ContentExtent> {
  requireOptions(COPY_CONTENT, options);
  const { fill, fillLimit, signal, onProgress } = options;
  if (fill === undefined) {
    const { extent, firstHole } = await contentExtent(memory, from, to, signal);
    if (firstHole) throw refusal(firstHole, to - from - extent.captured, to - from);
  }
  const extent = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n, absent: 0n };
  const filler = new Filler(sink, fillLimit, signal);
  for await (const piece of content(memory, from, to, signal)) {
    const length = piece.end - piece.start;
    if (piece.bytes) await sink.write(piece.bytes.slice());
    else if (fill === undefined) throw refusal(piece, length, to - from);
    else await filler.write(length, fill);
    extent[piece.state] += length;
    onProgress?.(piece.end - from, to - from);
  }
  return extent;
}

function refusal({ start, end, state }: ContentPiece, holes: bigint, total: bigint): MslError {
  return new MslError(
    "hole",
    `${holes} of ${total} bytes were not captured, first ${end - start} at 0x${start.toString(16)} (${state}): ask for a part without holes, or give the option fill, the byte that stands for them`,
  );
}

/** Writes the bytes that stand for holes, up to a limit over all of them. */
export class Filler {
  readonly #sink: Pick<Sink, "write">;
  readonly #limit: bigint;
  readonly #signal: AbortSignal | undefined;
  #filled = 0n;

  constructor(sink: Pick<Sink, "write">, limit: bigint | undefined, signal: AbortSignal | undefined) {
    this.#sink = sink;
    this.#limit = limit ?? DEFAULT_FILL_LIMIT;
    this.#signal = signal;
  }

  /** Writes `length` times the byte `fill`. Throws `limit` before it writes any of them, and `aborted`. */
  async write(length: bigint, fill: number): Promise<void> {
    this.#filled += length;
    if (this.#filled > this.#limit) {
      throw new MslError("limit", `${this.#filled} bytes were not captured, more than fillLimit (${this.#limit}) lets be filled`);
    }
    for (let left = length; left > 0n; ) {
      throwIfAborted(this.#signal);
      const size = left < BigInt(FILL_BYTES) ? Number(left) : FILL_BYTES;
      await this.#sink.write(new Uint8Array(size).fill(fill));
      left -= BigInt(size);
    }
  }
}
