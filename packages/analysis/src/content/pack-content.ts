/** Copies the captured bytes of a range into a sink, one run behind the other, and says which addresses they belong to. */
import type { MemoryRange, MemoryState, Sink } from "@memslice/msl";
import { requireOptions, tableOf, throwIfAborted } from "@memslice/msl/work";
import type { Memory } from "../memory.js";
import { type ContentPiece, content } from "./content.js";
import { FILLING, Filler } from "./copy-content.js";

/** Addresses `[start, end)` in one state. */
export interface PackedRun {
  readonly start: bigint;
  readonly end: bigint;
  readonly state: MemoryState;
  /** Where the bytes begin in what was written; undefined for a hole that was left out. */
  readonly offset?: bigint;
}

/** Options of `packContent`. */
export interface PackContentOptions {
  /** The byte that stands for each byte that was not captured, 0 to 255. Without it, holes are left out. */
  readonly fill?: number | undefined;
  /** The most bytes of holes that are filled; 4 GiB by default. A capture decides how long a hole is, with one field. */
  readonly fillLimit?: bigint | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const PACK_CONTENT = tableOf<PackContentOptions>("packContent")(FILLING);

/**
 * Writes the captured bytes of `[from, to)` to `sink`, and yields the runs of addresses in one state, each when its bytes are written; ascending,
 * without gaps. With `fill`, holes are written too, so that every byte stands at its address minus `from`. Throws `usage` for a range that is
 * none, `limit` before a hole is filled that passes `fillLimit`, `aborted`, and what memory and sink throw.
 */
export function packContent(
  memory: Memory,
  from: bigint,
  to: bigint,
  sink: Pick<Sink, "write">,
  options: PackContentOptions = {},
): AsyncGenerator<PackedRun, void, undefined> {
  requireOptions(PACK_CONTENT, options);
  return packed(memory, { start: from, end: to }, sink, options);
}

async function* packed(
  memory: Memory,
  { start: from, end: to }: MemoryRange,
  sink: Pick<Sink, "write">,
  { fill, fillLimit, signal }: PackContentOptions,
): AsyncGenerator<PackedRun, void, undefined> {
  const filler = new Filler(sink, fillLimit, signal);
  let offset = 0n;
  let run: PackedRun | undefined;
  for await (const piece of content(memory, from, to, signal)) {
    throwIfAborted(signal);
    const { start, end, state, bytes } = piece;
    if (run?.state === state) run = { ...run, end };
    else {
      if (run) yield run;
      run = { start, end, state, ...((bytes || fill !== undefined) && { offset }) };
    }
    offset += await written(piece, sink, fill, filler);
  }
  if (run) yield run;
}

/** Writes the bytes of the piece, and returns how many it wrote. */
async function written(
  { start, end, bytes }: ContentPiece,
  sink: Pick<Sink, "write">,
  fill: number | undefined,
  filler: Filler,
): Promise<bigint> {
  if (bytes) await sink.write(bytes.slice());
  else if (fill === undefined) return 0n;
  else await filler.write(end - start, fill);
  return end - start;
}
