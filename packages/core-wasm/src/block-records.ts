/** The table of walked blocks: fixed-size records in one buffer, so that millions of blocks cost no object each. */

/**
 * One record, little-endian, as the `walkBlocks` kernel writes it:
 * +0 f64 file offset, +8 u32 BlockLength, +12 u16 BlockType, +14 u16 Flags, +16 u16 PayloadVersion, +18 u16 Reserved,
 * +20 zero bytes, +32 BlockUUID, +48 ParentUUID.
 */
export const RECORD_BYTES = 64;
const LENGTH = 8;
const TYPE = 12;
const FLAGS = 14;
const PAYLOAD_VERSION = 16;
const RESERVED = 18;
const UUID = 32;
const PARENT_UUID = 48;
const UUID_BYTES = 16;

const INITIAL_CAPACITY = 64;

/** Block headers (specification, block header) by index, in file order. Every accessor throws a `RangeError` for an index >= `count`. */
export class BlockRecords {
  #bytes = new Uint8Array(INITIAL_CAPACITY * RECORD_BYTES);
  #fields = new DataView(this.#bytes.buffer);
  #count = 0;

  /** Blocks in the table. */
  get count(): number {
    return this.#count;
  }

  /** The file offset of the block's header. */
  offset(index: number): number {
    return this.#fields.getFloat64(this.#recordAt(index), true);
  }

  /** BlockLength: bytes of header and stored payload, 80 .. 2^32 - 1. */
  length(index: number): number {
    return this.#fields.getUint32(this.#recordAt(index) + LENGTH, true);
  }

  /** BlockType. */
  type(index: number): number {
    return this.#fields.getUint16(this.#recordAt(index) + TYPE, true);
  }

  /** Flags (specification, block flags). */
  flags(index: number): number {
    return this.#fields.getUint16(this.#recordAt(index) + FLAGS, true);
  }

  /** PayloadVersion. */
  payloadVersion(index: number): number {
    return this.#fields.getUint16(this.#recordAt(index) + PAYLOAD_VERSION, true);
  }

  /** The Reserved field as it is on disk. */
  reserved(index: number): number {
    return this.#fields.getUint16(this.#recordAt(index) + RESERVED, true);
  }

  /** BlockUUID: a view of 16 bytes, not to be written to. It stays valid: records never change. */
  uuidBytes(index: number): Uint8Array {
    const at = this.#recordAt(index) + UUID;
    return this.#bytes.subarray(at, at + UUID_BYTES);
  }

  /** ParentUUID: a view of 16 bytes, not to be written to; all zero for a block without parent. */
  parentUuidBytes(index: number): Uint8Array {
    const at = this.#recordAt(index) + PARENT_UUID;
    return this.#bytes.subarray(at, at + UUID_BYTES);
  }

  /** Copies whole records to the end of the table. Throws a `RangeError` for a part of a record, or when memory ends. */
  append(records: Uint8Array): void {
    if (records.length % RECORD_BYTES !== 0) {
      throw new RangeError(`Block records have ${RECORD_BYTES} bytes each; ${records.length} bytes are no whole number of them`);
    }
    const end = this.#count * RECORD_BYTES;
    this.#reserve(end + records.length);
    this.#bytes.set(records, end);
    this.#count += records.length / RECORD_BYTES;
  }

  #recordAt(index: number): number {
    if (!(index >= 0 && index < this.#count)) {
      throw new RangeError(`There is no block ${index}; the table holds ${this.#count} blocks`);
    }
    return index * RECORD_BYTES;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#fields = new DataView(grown.buffer);
  }
}
