/** The memory of an ELF core as gcore writes it: little-endian, 64-bit (System V ABI, program headers). Independent of the readers of this project. */
import { closeSync, openSync, readSync } from "node:fs";

interface CoreSegment {
  readonly address: bigint;
  /** Bytes of the mapping that the core holds. */
  readonly fileBytes: bigint;
  readonly offset: bigint;
}

const PT_LOAD = 1;
const HEADER_BYTES = 56;

export class ElfCore {
  readonly #segments: readonly CoreSegment[];
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "r");
    const head = this.#read(0n, 64);
    const table = this.#read(head.readBigUInt64LE(0x20), HEADER_BYTES * head.readUInt16LE(0x38));
    const segments: CoreSegment[] = [];
    for (let at = 0; at < table.length; at += HEADER_BYTES) {
      if (table.readUInt32LE(at) !== PT_LOAD) continue;
      segments.push({
        offset: table.readBigUInt64LE(at + 8),
        address: table.readBigUInt64LE(at + 16),
        fileBytes: table.readBigUInt64LE(at + 32),
      });
    }
    this.#segments = segments;
  }

  /** Bytes at an address; undefined if the core does not hold them. */
  bytesAt(address: bigint, length: number): Buffer | undefined {
    const segment = this.#segments.find(
      (one) => one.address <= address && address + BigInt(length) <= one.address + one.fileBytes,
    );
    return segment && this.#read(segment.offset + address - segment.address, length);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(offset: bigint, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    let done = 0;
    while (done < length) {
      const read = readSync(this.#file, bytes, done, length - done, offset + BigInt(done));
      if (read === 0) throw new Error(`The core ends before ${offset + BigInt(length)}`);
      done += read;
    }
    return bytes;
  }
}
