/** The table of walked blocks: fixed-size records in a few buffers, so that millions of blocks cost no object each. */

import {
  RECORD_BYTES,
  RECORD_FLAGS,
  RECORD_LENGTH,
  RECORD_OFFSET,
  RECORD_PARENT_UUID,
  RECORD_RESERVED,
  RECORD_TYPE,
  RECORD_UUID,
  RECORD_VERSION,
} from "./layout.js";

const UUID_BYTES = 16;

const INITIAL_CAPACITY = 64;
/**
 * log2 of the records in a full buffer. The first buffer doubles up to that; then another one is added, since copying takes longer than
 * walking.
 */
const CHUNK_RECORDS_LOG2 = 14;
const CHUNK_RECORDS = 1 << CHUNK_RECORDS_LOG2;
const CHUNK_BYTES = CHUNK_RECORDS * RECORD_BYTES;

/** Fields of a block header, as the accessors of `BlockRecords` give each of them. */
export interface BlockHeaderFields {
  /** The file offset of the header. */
  readonly offset: number;
  /** BlockLength: bytes of header and stored payload, 80 .. 2^32 - 1. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly payloadVersion: number;
}

/**
 * Block headers (specification, block header) by index, in file order. Accessors throw a `RangeError` for an index that is not in the
 * table.
 */
export class BlockRecords {
  /** Record i is in chunk i >> CHUNK_RECORDS_LOG2; all chunks but the last are full. */
  readonly #chunks: DataView[];
  /** The bytes of each chunk. */
  readonly #bytes: Uint8Array[];
  /** The BlockTypes of each full chunk that was searched: a further search touches 2 bytes of each block in place of a cache line. */
  readonly #types: (Uint16Array | undefined)[] = [];
  #count = 0;

  /** `expected`: room for this many blocks is allocated at once, at most 16,384; the table grows with further ones. Default 64. */
  constructor(expected = INITIAL_CAPACITY) {
    const records = Math.min(Math.max(expected, 1), CHUNK_RECORDS);
    this.#chunks = [new DataView(new ArrayBuffer(records * RECORD_BYTES))];
    this.#bytes = this.#chunks.map(({ buffer }) => new Uint8Array(buffer));
  }

  /** Blocks in the table. */
  get count(): number {
    return this.#count;
  }

  /** The fields of the header that blocks are made of, at once: each accessor looks for the record. */
  header(index: number): BlockHeaderFields {
    const chunk = this.#chunkOf(index);
    const at = placeOf(index);
    return {
      offset: chunk.getFloat64(at + RECORD_OFFSET, true),
      length: chunk.getUint32(at + RECORD_LENGTH, true),
      type: chunk.getUint16(at + RECORD_TYPE, true),
      flags: chunk.getUint16(at + RECORD_FLAGS, true),
      payloadVersion: chunk.getUint16(at + RECORD_VERSION, true),
    };
  }

  /** The file offset of the block's header. */
  offset(index: number): number {
    return this.#chunkOf(index).getFloat64(placeOf(index) + RECORD_OFFSET, true);
  }

  /** BlockLength: bytes of header and stored payload, 80 .. 2^32 - 1. */
  length(index: number): number {
    return this.#chunkOf(index).getUint32(placeOf(index) + RECORD_LENGTH, true);
  }

  /** BlockType. */
  type(index: number): number {
    return this.#chunkOf(index).getUint16(placeOf(index) + RECORD_TYPE, true);
  }

  /** Flags (specification, block flags). */
  flags(index: number): number {
    return this.#chunkOf(index).getUint16(placeOf(index) + RECORD_FLAGS, true);
  }

  /** PayloadVersion. */
  payloadVersion(index: number): number {
    return this.#chunkOf(index).getUint16(placeOf(index) + RECORD_VERSION, true);
  }

  /** The Reserved field as it is on disk. */
  reserved(index: number): number {
    return this.#chunkOf(index).getUint16(placeOf(index) + RECORD_RESERVED, true);
  }

  /** BlockUUID: a view of 16 bytes, not to be written to. It stays valid, since records never change. */
  uuidBytes(index: number): Uint8Array {
    return new Uint8Array(this.#chunkOf(index).buffer, placeOf(index) + RECORD_UUID, UUID_BYTES);
  }

  /** Passes BlockUUID to `read`: bytes that are not to be written to, and where the 16 bytes of the UUID begin in them. */
  readUuid<T>(index: number, read: (bytes: Uint8Array, at: number) => T): T {
    const bytes = index >= 0 && index < this.#count ? this.#bytes[index >>> CHUNK_RECORDS_LOG2] : undefined;
    if (bytes === undefined) throw missing(index, this.#count);
    return read(bytes, placeOf(index) + RECORD_UUID);
  }

  /** ParentUUID: a view of 16 bytes, not to be written to; all zero for a block without parent. */
  parentUuidBytes(index: number): Uint8Array {
    return new Uint8Array(this.#chunkOf(index).buffer, placeOf(index) + RECORD_PARENT_UUID, UUID_BYTES);
  }

  /** Index of the first block of a BlockType at or behind `from`; -1 if there is none. */
  indexOfType(type: number, from = 0): number {
    for (let index = from; index < this.#count; ) {
      const chunk = this.#chunkOf(index);
      const number = index >>> CHUNK_RECORDS_LOG2;
      const start = number * CHUNK_RECORDS;
      const end = Math.min(start + CHUNK_RECORDS, this.#count);
      // Mostly the next block has the same type, and one comparison is cheaper than a call of `indexOf`.
      if (chunk.getUint16(placeOf(index) + RECORD_TYPE, true) === type) return index;
      if (end - start === CHUNK_RECORDS) this.#types[number] ??= typesIn(chunk);
      const place = this.#types[number]?.indexOf(type, index - start) ?? placeOfType(chunk, type, index - start, end - start);
      if (place >= 0 && start + place < end) return start + place;
      index = end;
    }
    return -1;
  }

  /** A table of the first `count` records. It shares their bytes, so that nothing may be appended to it. */
  first(count: number): BlockRecords {
    if (count >= this.#count) return this;
    const first = new BlockRecords();
    first.#chunks.splice(0, 1, ...this.#chunks);
    first.#bytes.splice(0, 1, ...this.#bytes);
    first.#types.push(...this.#types);
    first.#count = count;
    return first;
  }

  /** Copies whole records to the end of the table. Throws a `RangeError` for a part of a record, or when memory is short. */
  append(records: Uint8Array): void {
    if (records.length % RECORD_BYTES !== 0) {
      throw new RangeError(`Block records have ${RECORD_BYTES} bytes each; ${records.length} bytes are no whole number of them`);
    }
    for (let at = 0; at < records.length; ) {
      const place = placeOf(this.#count);
      const part = records.subarray(at, at + CHUNK_BYTES - place);
      new Uint8Array(this.#chunkWithRoom(place + part.length).buffer).set(part, place);
      this.#count += part.length / RECORD_BYTES;
      at += part.length;
    }
  }

  #chunkOf(index: number): DataView {
    const chunk = index >= 0 && index < this.#count ? this.#chunks[index >>> CHUNK_RECORDS_LOG2] : undefined;
    if (chunk === undefined) throw missing(index, this.#count);
    return chunk;
  }

  /** The chunk of the next record, at least `size` bytes long. */
  #chunkWithRoom(size: number): DataView {
    const number = this.#count >>> CHUNK_RECORDS_LOG2;
    const chunk = this.#chunks[number];
    if (chunk !== undefined && size <= chunk.byteLength) return chunk;
    const grown = new Uint8Array(chunk === undefined ? CHUNK_BYTES : Math.min(Math.max(size, 2 * chunk.byteLength), CHUNK_BYTES));
    if (chunk !== undefined) grown.set(new Uint8Array(chunk.buffer));
    const fields = new DataView(grown.buffer);
    this.#chunks[number] = fields;
    this.#bytes[number] = grown;
    return fields;
  }
}

function missing(index: number, count: number): RangeError {
  return new RangeError(`There is no block ${index}; the table holds ${count} blocks`);
}

/** Offset of a record in its chunk. */
function placeOf(index: number): number {
  return (index % CHUNK_RECORDS) * RECORD_BYTES;
}

/** The types of the records of a full chunk. */
function typesIn(chunk: DataView): Uint16Array {
  const types = new Uint16Array(CHUNK_RECORDS);
  for (let i = 0; i < CHUNK_RECORDS; i++) types[i] = chunk.getUint16(i * RECORD_BYTES + RECORD_TYPE, true);
  return types;
}

/** The first record of a type in a chunk, at `from` or behind it and before `end`; -1 if there is none. */
function placeOfType(chunk: DataView, type: number, from: number, end: number): number {
  for (let i = from; i < end; i++) if (chunk.getUint16(i * RECORD_BYTES + RECORD_TYPE, true) === type) return i;
  return -1;
}
