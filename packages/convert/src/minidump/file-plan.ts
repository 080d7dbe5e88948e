/** Where the parts of a minidump lie: offsets are computed before the first byte is written, since the directory stands in front. */
import { MslError } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import type { Output } from "../export/output.js";
import { DIRECTORY, HEADER, MINIDUMP_SIGNATURE, MINIDUMP_VERSION } from "./structures.js";

/** A part of the file: bytes, or a size and what makes so many bytes when it is written. */
export type Part = Uint8Array | { readonly size: number; readonly bytes: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array> };

/** A stream of the directory. `place` places its other parts first, and then returns the stream itself. */
export interface PlannedStream {
  readonly type: number;
  readonly place: (plan: MinidumpPlan) => Part;
}

/** What the file says about itself. */
interface FileFacts {
  /** Seconds since 1970 UTC; 0 unknown. */
  readonly time: number;
  /** MINIDUMP_TYPE. */
  readonly flags: bigint;
  readonly signal: AbortSignal | undefined;
}

/** Work of a piece of a table, in units of `TimeSlice`: pieces are made in less than half a millisecond. */
const UNITS_PER_PIECE = 256;

/** Every offset of the format but those of Memory64List has 32 bits. */
const RVA_END = 2 ** 32;
const ALIGNMENT = 8;

export class MinidumpPlan {
  readonly #parts: { readonly rva: number; readonly part: Part }[] = [];
  readonly #directory: { readonly type: number; readonly size: number; readonly rva: number }[] = [];
  #end: number;

  /** Places all streams in their order. Throws `limit` if the tables pass 4 GiB. */
  constructor(streams: readonly PlannedStream[]) {
    this.#end = HEADER.size + streams.length * DIRECTORY.size;
    for (const { type, place } of streams) {
      const part = place(this);
      const rva = this.place(part);
      this.#directory.push({ type, size: sizeOf(part), rva });
    }
  }

  /** The first byte behind all parts. */
  get end(): number {
    return this.#end;
  }

  /** Where the next part is going to lie. */
  next(alignment = ALIGNMENT): number {
    return Math.ceil(this.#end / alignment) * alignment;
  }

  /** Places a part, and returns its RVA. Throws `limit` for a part that passes 4 GiB. */
  place(part: Part, alignment = ALIGNMENT): number {
    const rva = this.next(alignment);
    const end = rva + sizeOf(part);
    if (end > RVA_END) {
      const message = `The tables of the minidump take more than 4 GiB, which its offsets of 32 bits cannot name: the capture has too many regions, modules or threads`;
      throw new MslError("limit", message);
    }
    this.#parts.push({ rva, part });
    this.#end = end;
    return rva;
  }

  /** Writes the header, the directory and all parts. Throws `aborted`, and what `output` throws. */
  async write(output: Output, { time, flags, signal }: FileFacts): Promise<void> {
    const slice = new TimeSlice(signal);
    await output.append(
      HEADER.encode({
        ...{ signature: MINIDUMP_SIGNATURE, version: MINIDUMP_VERSION, timeDateStamp: time, flags },
        ...{ numberOfStreams: this.#directory.length, streamDirectoryRva: HEADER.size },
      }),
    );
    for (const { type, size, rva } of this.#directory)
      await output.append(DIRECTORY.encode({ streamType: type, dataSize: size, rva }));
    for (const { rva, part } of this.#parts) {
      await output.padTo(BigInt(rva));
      if (part instanceof Uint8Array) await output.append(part);
      else {
        for await (const bytes of part.bytes()) {
          if (slice.isSpent(UNITS_PER_PIECE)) await slice.renew();
          await output.append(bytes);
        }
      }
      if (output.offset !== BigInt(rva + sizeOf(part)))
        throw new MslError("internal", `A part of the minidump ends at ${output.offset}, planned ${rva + sizeOf(part)}`);
    }
  }
}

function sizeOf(part: Part): number {
  return part instanceof Uint8Array ? part.length : part.size;
}
