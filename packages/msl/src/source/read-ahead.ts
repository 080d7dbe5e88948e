/** A source read from front to back, the next slab on its way while this one is worked on. */
import { throwIfAborted } from "../errors.js";
import { readExactly, type Source } from "./source.js";
import { untilAborted } from "./until-aborted.js";

export interface ReadAheadOptions {
  readonly from: number;
  readonly slabBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The bytes from `from` on, in slabs. A slab lasts until the next one is asked for: sources that fill arrays fill two in turn, so that
 * memory stays the same whatever the size.
 */
export async function* readAhead(source: Source, { from, slabBytes, signal }: ReadAheadOptions): AsyncGenerator<Uint8Array> {
  const buffers: Uint8Array[] = [];
  const startReading = (offset: number): Promise<Uint8Array> => {
    const reading = readSlab(source, offset, Math.min(slabBytes, source.size - offset), buffers, signal);
    // Whoever gives up before the next slab leaves it to fail unheard.
    reading.catch(() => {});
    return reading;
  };
  let next = startReading(from);
  for (let offset = from; offset < source.size; ) {
    throwIfAborted(signal);
    const slab = await untilAborted(next, signal);
    offset += slab.length;
    if (offset < source.size) next = startReading(offset);
    yield slab;
  }
}

async function readSlab(
  source: Source,
  offset: number,
  length: number,
  buffers: Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (!source.readInto) return readExactly(source, offset, length, signal);
  const used = buffers.length < 2 ? new Uint8Array(length) : buffers.shift();
  const target = (used ?? new Uint8Array(length)).subarray(0, length);
  buffers.push(target);
  await source.readInto(offset, target, signal);
  return target;
}
