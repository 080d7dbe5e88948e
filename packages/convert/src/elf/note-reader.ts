/**
 * Notes of an ELF core in the order of the file (gABI, note sections): sizes of name and descriptor and a type, then the name and the descriptor, both filled up to a
 * multiple of 4 bytes. Linux fills up to 4 in 64-bit files as well.
 */
import type { Source } from "@memslice/msl";
import type { StructureOrder } from "../structures/structure.js";
import { NOTE_HEADER, paddedNote } from "./core-notes.js";

/** A note, and where its descriptor is in the file. */
export interface PlacedNote {
  /** The owner, up to its NUL; bytes above 127 as U+0080 to U+00FF. */
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

/** Bytes of a name that are read; owners in use have up to 12. */
const NAME_MOST = 64;
/** Bytes read at once. */
const WINDOW_BYTES = 64 * 1024;

/** Short reads that follow each other in the file. */
export class NoteReader {
  readonly #source: Source;
  readonly #signal: AbortSignal | undefined;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: Source, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
  }

  /** Bytes inside the file: a view that is valid until the next call. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (length > WINDOW_BYTES) return this.#source.read(offset, length, this.#signal);
    if (offset < this.#start || offset + length > this.#start + this.#bytes.length) {
      this.#bytes = await this.#source.read(offset, Math.min(WINDOW_BYTES, this.#source.size - offset), this.#signal);
      this.#start = offset;
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }

  /** The notes of the bytes `from` to `to - 1`. `damaged` is called for a note that passes the end: notes behind it cannot be found. */
  async *notes(
    { from, to }: { readonly from: number; readonly to: number },
    order: StructureOrder,
    damaged: (sentence: string) => void,
  ): AsyncGenerator<PlacedNote, void, undefined> {
    for (let at = from; at < to; ) {
      if (to - at < NOTE_HEADER.size) {
        if ((await this.read(at, to - at)).some((byte) => byte !== 0)) damaged(`${to - at} bytes at offset ${at} are no note`);
        return;
      }
      const { namesz, descsz: length, type } = NOTE_HEADER.decode(await this.read(at, NOTE_HEADER.size), 0, order);
      const offset = at + NOTE_HEADER.size + paddedNote(namesz);
      if (offset + length > to) {
        damaged(
          `the note at offset ${at} says ${namesz} and ${length} bytes, but the notes end at ${to}; what follows is not read`,
        );
        return;
      }
      const name = await this.read(at + NOTE_HEADER.size, Math.min(namesz, NAME_MOST));
      yield { name: ownerOf(name), type, offset, length };
      at = offset + paddedNote(length);
    }
  }
}

function ownerOf(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return String.fromCharCode(...(nul < 0 ? bytes : bytes.subarray(0, nul)));
}
