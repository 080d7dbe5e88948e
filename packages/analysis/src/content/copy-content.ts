/** Copies a range of memory into a sink. A hole stops the copy before its first byte, or is filled with a byte that the caller names. */
import { MslError, type Sink } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import type { Memory } from "../memory.js";
import { type ContentExtent, type ContentPiece, content, contentExtent } from "./content.js";

const FILL_BYTES = 64 * 1024;

/** Options of `copyContent`. */
export interface CopyContentOptions {
  /** The byte that stands for each byte that was not captured, 0 to 255. Without it, a hole is refused. */
  readonly fill?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `done`: bytes that the sink has; `total`: bytes of the range. */
  readonly onProgress?: ((done: bigint, total: bigint) => void) | undefined;
}

/**
 * Writes the bytes of `[from, to)` to `sink`, and returns how many bytes are in each state: all that are not captured have the value `fill`.
 * Throws `hole` before anything is written if bytes of the range were not captured and `fill` is not given, and while it writes if a memory loses
 * bytes meanwhile; `usage` for a fill that is no byte; `aborted`; and what memory and sink throw.
 */
export async function copyContent(
  memory: Memory,
  from: bigint,
  to: bigint,
  sink: Pick<Sink, "write">,
  { fill, signal, onProgress }: CopyContentOptions = {},
): Promise<ContentExtent> {
  if (fill !== undefined && !(Number.isInteger(fill) && fill >= 0 && fill <= 0xff)) {
    throw new MslError("usage", `The byte that fills holes must be a whole number from 0 to 255, not ${fill}`);
  }
  if (fill === undefined) {
    const { extent, firstHole } = await contentExtent(memory, from, to, signal);
    if (firstHole) throw refusal(firstHole, to - from - extent.captured, to - from);
  }
  const extent = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n, absent: 0n };
  for await (const piece of content(memory, from, to, signal)) {
    const length = piece.end - piece.start;
    if (piece.bytes) await sink.write(piece.bytes.slice());
    else if (fill === undefined) throw refusal(piece, length, to - from);
    else await writeFill(sink, length, fill, signal);
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

/** Writes `length` times the byte `fill`. Throws `aborted`. */
export async function writeFill(
  sink: Pick<Sink, "write">,
  length: bigint,
  fill: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let left = length; left > 0n; ) {
    throwIfAborted(signal);
    const size = left < BigInt(FILL_BYTES) ? Number(left) : FILL_BYTES;
    await sink.write(new Uint8Array(size).fill(fill));
    left -= BigInt(size);
  }
}
