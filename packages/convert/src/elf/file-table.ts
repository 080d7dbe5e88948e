/**
 * NT_FILE of a core: which file each mapping comes from (core(5)). Number of mappings and page size, then start, end and offset in pages of each, then their paths.
 * Kept as its bytes: a note of 64 MiB names more than two million mappings.
 */
import { TimeSlice } from "@memslice/msl/work";
import type { StructureOrder } from "../structures/structure.js";
import type { FileMapping } from "./core-notes.js";
import { type ElfBits, word } from "./elf-structures.js";

/** The mappings of NT_FILE, in ascending order of addresses. */
export class FileTable {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #bits: ElfBits;
  readonly #order: StructureOrder;
  readonly #pageSize: bigint;
  /** Where the path of each mapping begins. */
  readonly #paths: Uint32Array;

  private constructor(bytes: Uint8Array, paths: Uint32Array, bits: ElfBits, order: StructureOrder) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#bits = bits;
    this.#order = order;
    this.#pageSize = this.#word(1);
    this.#paths = paths;
    this.length = paths.length;
  }

  /** The table in a descriptor. `damaged` is called with what the descriptor lacks: then the mappings before it are used. */
  static async read(
    bytes: Uint8Array,
    bits: ElfBits,
    order: StructureOrder,
    damaged: (sentence: string) => void,
    signal: AbortSignal | undefined,
  ): Promise<FileTable | undefined> {
    const size = bits / 8;
    if (bytes.length < 2 * size) {
      damaged(`NT_FILE has ${bytes.length} bytes, expected at least ${2 * size}`);
      return undefined;
    }
    const empty = new FileTable(bytes, new Uint32Array(0), bits, order);
    const stated = empty.#word(0);
    // Each mapping has three words and at least the NUL of its path.
    const most = BigInt(Math.floor((bytes.length - 2 * size) / (3 * size + 1)));
    const count = Number(stated < most ? stated : most);
    if (stated > most) damaged(`NT_FILE says ${stated} mappings, but its ${bytes.length} bytes hold at most ${most}`);
    const paths = new Uint32Array(count);
    const slice = new TimeSlice(signal);
    let [at, end, known] = [(2 + 3 * count) * size, 0n, 0];
    for (; known < count; known++) {
      if (slice.isSpent()) await slice.renew();
      const nul = bytes.indexOf(0, at);
      const [start, stop] = [empty.#word(2 + 3 * known), empty.#word(3 + 3 * known)];
      if (nul < 0 || start < end || stop <= start) {
        damaged(
          `NT_FILE is damaged from mapping ${known} of ${count} on: ${nul < 0 ? "its path does not end" : "addresses do not ascend"}`,
        );
        break;
      }
      paths[known] = at;
      [at, end] = [nul + 1, stop];
    }
    return new FileTable(bytes, paths.subarray(0, known), bits, order);
  }

  /** `index`: 0 to `length - 1`. The path as its bytes. */
  mapping(index: number): Omit<FileMapping, "path"> & { readonly pathBytes: Uint8Array } {
    const at = this.#paths[index] ?? 0;
    return {
      start: this.#word(2 + 3 * index),
      end: this.#word(3 + 3 * index),
      offset: this.#word(4 + 3 * index) * this.#pageSize,
      pathBytes: this.#bytes.subarray(at, this.#bytes.indexOf(0, at)),
    };
  }

  /** The number of the mapping that has the address; -1 if none does. */
  indexOf(address: bigint): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#word(2 + 3 * middle) <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address < this.#word(3 + 3 * (low - 1)) ? low - 1 : -1;
  }

  #word(index: number): bigint {
    const field = word(this.#bits)(0);
    return field.get(this.#view, index * field.size, this.#order === "little");
  }
}
