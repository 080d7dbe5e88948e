/**
 * Minidumps made by hand: each structure is written field after field in the order of minidumpapiset.h, without the tables of the importer. Streams are laid out in
 * the order in which they are added; `data` places bytes and gives their RVA.
 */

/** Writes little-endian values one after the other. */
class Fields {
  readonly #bytes: number[] = [];

  u8(...values: number[]): this {
    this.#bytes.push(...values);
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.#bytes.push(value & 0xff, (value >>> 8) & 0xff);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) for (let at = 0; at < 32; at += 8) this.#bytes.push((value >>> at) & 0xff);
    return this;
  }

  u64(...values: bigint[]): this {
    for (const value of values) for (let at = 0n; at < 64n; at += 8n) this.#bytes.push(Number((value >> at) & 0xffn));
    return this;
  }

  bytes(values: Iterable<number>): this {
    for (const value of values) this.#bytes.push(value);
    return this;
  }

  zeros(count: number): this {
    for (let at = 0; at < count; at++) this.#bytes.push(0);
    return this;
  }

  get length(): number {
    return this.#bytes.length;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

export const fields = () => new Fields();

const HEADER_BYTES = 32;
const ENTRY_BYTES = 12;

/** A minidump with room for `capacity` streams in its directory, which follows the header at once. */
export class MinidumpFixture {
  readonly #capacity: number;
  readonly #streams: { readonly type: number; readonly size: number; readonly rva: number }[] = [];
  readonly #parts: Uint8Array[] = [];
  #end: number;

  constructor(capacity = 16) {
    this.#capacity = capacity;
    this.#end = HEADER_BYTES + capacity * ENTRY_BYTES;
  }

  /** Where the next part is going to lie. */
  get end(): number {
    return this.#end;
  }

  /** Places bytes, and returns their RVA. */
  data(bytes: Uint8Array): number {
    const rva = this.#end;
    this.#parts.push(bytes);
    this.#end += bytes.length;
    return rva;
  }

  /** MINIDUMP_STRING: Length in bytes without the terminator, then UTF-16LE. */
  string(text: string): number {
    const units = [...Buffer.from(text, "utf16le")];
    return this.data(fields().u32(units.length).bytes(units).u16(0).done());
  }

  stream(type: number, bytes: Uint8Array, claimed = bytes.length): this {
    this.#streams.push({ type, size: claimed, rva: this.data(bytes) });
    return this;
  }

  /** A directory entry that points anywhere. */
  entry(type: number, size: number, rva: number): this {
    this.#streams.push({ type, size, rva });
    return this;
  }

  /** MINIDUMP_SYSTEM_INFO: architecture, level, revision; processors, product type; version; platform; CSDVersionRva; suite mask; 24 bytes of CPU information. */
  systemInfo({ architecture = 9, platform = 2, servicePackRva = 0 } = {}): this {
    const info = fields()
      .u16(architecture, 6, 0x9e0a)
      .u8(4, 1)
      .u32(10, 0, 19045, platform, servicePackRva)
      .u16(0x100, 0)
      .zeros(24);
    return this.stream(7, info.done());
  }

  /** MINIDUMP_MEMORY64_LIST with the contents behind it, back to back. */
  memory64(ranges: readonly (readonly [start: bigint, content: Uint8Array])[]): this {
    const list = fields();
    const rva = this.end;
    list.u64(BigInt(ranges.length), BigInt(rva + 16 + 16 * ranges.length));
    for (const [start, content] of ranges) list.u64(start, BigInt(content.length));
    this.stream(9, list.done());
    for (const [, content] of ranges) this.data(content);
    return this;
  }

  /** MINIDUMP_MEMORY_INFO_LIST: SizeOfHeader, SizeOfEntry, NumberOfEntries, then MINIDUMP_MEMORY_INFO. */
  memoryInfo(
    regions: readonly {
      readonly base: bigint;
      readonly size: bigint;
      readonly state?: number;
      readonly protect?: number;
      readonly type?: number;
    }[],
  ): this {
    const list = fields().u32(16, 48).u64(BigInt(regions.length));
    for (const { base, size, state = 0x1000, protect = 4, type = 0x20000 } of regions)
      list.u64(base, base).u32(protect, 0).u64(size).u32(state, protect, type, 0);
    return this.stream(16, list.done());
  }

  done({ signature = [0x4d, 0x44, 0x4d, 0x50], version = 0xa793, count = this.#streams.length, time = 0 } = {}): Uint8Array {
    const head = fields().bytes(signature).u32(version, count, HEADER_BYTES, 0, time).u64(2n);
    for (const { type, size, rva } of this.#streams) head.u32(type, size, rva);
    head.zeros(HEADER_BYTES + this.#capacity * ENTRY_BYTES - head.length);
    const file = new Uint8Array(this.#end);
    file.set(head.done());
    let at = HEADER_BYTES + this.#capacity * ENTRY_BYTES;
    for (const part of this.#parts) {
      file.set(part, at);
      at += part.length;
    }
    return file;
  }
}

/** `length` bytes that differ from page to page. */
export function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + (at >> 8)) & 0xff);
}
