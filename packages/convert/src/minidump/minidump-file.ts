/** A minidump: its header, its directory of streams, and reads that no number of the file can lead beyond its end. */
import type { Source } from "@memslice/msl";
import { MslError, TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { LostFields } from "./lost-fields.js";
import { DIRECTORY, HEADER, MINIDUMP_SIGNATURE, MINIDUMP_VERSION, STREAM_NAMES, StreamType } from "./structures.js";

/** Bytes of a stream or of another part: `size` is cut at the end of the file. */
export interface FilePart {
  readonly rva: number;
  readonly size: number;
}

/** Rows are read in windows of so many bytes. */
const WINDOW_BYTES = 256 * 1024;
/** Streams without a decoder that are named. */
const NAMED_MOST = 32;
/** Largest part that is read as a whole: texts and registers are far smaller. */
const WHOLE_MOST = 1024 * 1024;

const KNOWN: ReadonlySet<number> = new Set(Object.values(StreamType));

export class MinidumpFile {
  readonly source: Source;
  /** When the dump was written, seconds since 1970 UTC; 0 unknown. */
  readonly timeDateStamp: number;
  readonly #streams: ReadonlyMap<number, FilePart>;
  readonly #signal: AbortSignal | undefined;

  private constructor(
    source: Source,
    timeDateStamp: number,
    streams: ReadonlyMap<number, FilePart>,
    signal: AbortSignal | undefined,
  ) {
    this.source = source;
    this.timeDateStamp = timeDateStamp;
    this.#streams = streams;
    this.#signal = signal;
  }

  /** Reads the header and the directory. Throws `bad-header` for a file that is no minidump, `truncated`, `source`, `aborted`. */
  static async open(source: Source, notes: DumpNotes, signal?: AbortSignal): Promise<MinidumpFile> {
    if (source.size < HEADER.size) {
      const message = `A minidump begins with a header of ${HEADER.size} bytes, and the file has ${source.size}`;
      throw new MslError("truncated", message, { offset: 0 });
    }
    const header = HEADER.decode(await source.read(0, HEADER.size, signal));
    if (header.signature !== MINIDUMP_SIGNATURE)
      throw new MslError("bad-header", "The file does not begin with MDMP", { offset: 0 });
    if ((header.version & 0xffff) !== MINIDUMP_VERSION)
      notes.assume(`the header has version 0x${(header.version & 0xffff).toString(16)} in place of 0xa793`);
    const lost = new LostFields();
    lost.addAll({ Flags: header.flags, CheckSum: header.checkSum, "Version of the writer": header.version >>> 16 });
    lost.tell(notes, "MINIDUMP_HEADER");
    const streams = new Map<number, FilePart>();
    const file = new MinidumpFile(source, header.timeDateStamp, streams, signal);
    await file.#readDirectory(header.streamDirectoryRva, header.numberOfStreams, streams, notes);
    return file;
  }

  /** A stream of the directory; undefined if the dump does not have it. */
  stream(type: number): FilePart | undefined {
    return this.#streams.get(type);
  }

  /** The part of `[rva, rva + size)` that lies inside the file; undefined if there is none. */
  part(rva: number, size: number): FilePart | undefined {
    if (size <= 0 || rva >= this.source.size) return undefined;
    return { rva, size: Math.min(size, this.source.size - rva) };
  }

  /** The bytes of a part, at most `most` of them. */
  async read(part: FilePart, most = WHOLE_MOST): Promise<Uint8Array> {
    return this.source.read(part.rva, Math.min(part.size, most), this.#signal);
  }

  /** The first `size` bytes of a stream, fewer where it or the file ends; undefined if the dump does not have the stream. */
  async head(type: number, size: number): Promise<Uint8Array | undefined> {
    const part = this.stream(type);
    return part && this.read(part, size);
  }

  /**
   * Visits the rows of a table in windows. `count` is what the file claims: rows behind the end of the part are not visited. `visit` gets a window, the offset of
   * the row in it, and the row's number; false ends the visits. Returns the number of rows visited.
   */
  async eachRow(
    part: FilePart,
    { count, size }: { readonly count: number; readonly size: number },
    visit: (window: Uint8Array, at: number, row: number) => boolean | undefined,
  ): Promise<number> {
    const rows = Math.min(count, Math.floor(part.size / size));
    const inWindow = Math.max(1, Math.floor(WINDOW_BYTES / size));
    const slice = new TimeSlice(this.#signal);
    for (let row = 0; row < rows; ) {
      const here = Math.min(inWindow, rows - row);
      const window = await this.source.read(part.rva + row * size, here * size, this.#signal);
      for (let at = 0; at < here; at++, row++) {
        if (slice.isSpent()) await slice.renew();
        if (visit(window, at * size, row) === false) return row;
      }
    }
    return rows;
  }

  async #readDirectory(rva: number, count: number, streams: Map<number, FilePart>, notes: DumpNotes): Promise<void> {
    const others = new Set<string>();
    const directory = this.part(rva, count * DIRECTORY.size);
    const rows = await this.eachRow(directory ?? { rva: 0, size: 0 }, { count, size: DIRECTORY.size }, (window, at) => {
      const { streamType, dataSize, rva: place } = DIRECTORY.decode(window, at);
      // Type 0 is an unused entry.
      if (streamType === 0) return;
      const name = STREAM_NAMES[streamType] ?? `stream 0x${streamType.toString(16)}`;
      if (!KNOWN.has(streamType)) {
        if (others.size < NAMED_MOST) others.add(name);
        return;
      }
      const part = this.part(place, dataSize);
      if (streams.has(streamType)) notes.damage(`the directory names ${name} twice: the first one is imported`);
      else if (!part && dataSize > 0) notes.damage(`${name} lies behind the end of the file`);
      else if (part) {
        if (part.size < dataSize) notes.damage(`${name} of ${dataSize} bytes passes the end of the file`);
        streams.set(streamType, part);
      }
    });
    if (rows < count) notes.damage(`the directory announces ${count} streams, and the file has ${rows} entries of it`);
    if (others.size > 0) notes.lose(`streams that captures have no block for: ${[...others].join(", ")}`);
  }
}
