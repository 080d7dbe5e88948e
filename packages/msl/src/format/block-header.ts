/**
 * The common block header (specification, block header): 80 bytes before every payload; the facts in the header of a block, and its place in the capture; and
 * the payload that ends a capture.
 */
import type { BlockRecords } from "@memslice/core-wasm";
import { textEncoder } from "../bytes.js";
import { type Deviation, NO_DEVIATIONS, shownDeviation } from "../deviations/deviation.js";
import type { JsonObject } from "../json/layout-json.js";
import { fieldsOf, Shown } from "../json/shown.js";
import {
  BLOCK_FLAGS_KNOWN,
  BLOCK_TYPE,
  BlockFlag,
  BlockType,
  type Compression,
  codeName,
  compAlgo,
  compressionOf,
} from "./codes.js";
import { bytes, digest, fieldOffset, layout, optional, u16, u32, u64, uuid, zeros } from "./layout/fields.js";
import { uuidText } from "./layout/uuid-text.js";

export const BLOCK_MAGIC = textEncoder().encode("MSLC");

export const BLOCK_HEADER = layout("BlockHeader", [
  bytes("magic", 4),
  u16("type"),
  u16("flags"),
  u32("length"),
  u16("payloadVersion"),
  zeros(2),
  uuid("uuid"),
  uuid("parentUuid"),
  digest("prevHash"),
]);

export const BLOCK_HEADER_SIZE = BLOCK_HEADER.minimumSize;
export const BLOCK_TYPE_OFFSET = fieldOffset(BLOCK_HEADER, "type");
const BLOCK_FLAGS_OFFSET = fieldOffset(BLOCK_HEADER, "flags");
export const BLOCK_LENGTH_OFFSET = fieldOffset(BLOCK_HEADER, "length");
export const BLOCK_RESERVED_OFFSET = fieldOffset(BLOCK_HEADER, "reserved");
export const BLOCK_UUID_OFFSET = fieldOffset(BLOCK_HEADER, "uuid");
export const PREV_HASH_OFFSET = fieldOffset(BLOCK_HEADER, "prevHash");
export const PREV_HASH_BYTES = 32;

/** Payload bytes of the End-of-Capture that 1.1 defines. */
export const END_OF_CAPTURE_SIZE = 48;
/** Payload bytes of the shortest End-of-Capture that any producer writes (MemDiver). */
export const END_OF_CAPTURE_MINIMUM = 40;

/** Whether a block ends the capture: type 0x0FFF with room for FileHash and AcqEnd. */
export function isEndOfCapture(type: number, length: number): boolean {
  return type === BlockType.EndOfCapture && length >= BLOCK_HEADER_SIZE + END_OF_CAPTURE_MINIMUM;
}

/** End-of-Capture 0x0FFF: the acquirer finished. MemDiver leaves the reserved bytes out (40 bytes instead of 48). */
export const END_OF_CAPTURE = layout("EndOfCapture", [
  digest("fileHash"),
  u64("acqEndNs"),
  optional([zeros(8)], {}, { missing: "EOC-SHORT" }),
]);

/**
 * The evidence for a block that was found by searching behind damage, from the strongest kind to the weakest. Captured memory may hold whole blocks, even
 * whole captures with a hash chain of their own; only evidence of the kind `chain` cannot come from the process that was captured.
 *
 * `chain`: hashes link the block to the blocks before the damage. `neighbour`: hashes link it to another block that was found. `framing`: block
 * after block leads from it to the end of the data. `header`: its header is plausible, and nothing else is known.
 */
export const SALVAGE_EVIDENCE = ["chain", "neighbour", "framing", "header"] as const;
export type SalvageEvidence = (typeof SALVAGE_EVIDENCE)[number];

/** The rank of a block where blocks contradict each other: the one with the higher number is believed. `null`: the block was found by the walk, not by a search. */
export function trustOf(evidence: SalvageEvidence | null): number {
  return evidence === null ? SALVAGE_EVIDENCE.length : SALVAGE_EVIDENCE.length - 1 - SALVAGE_EVIDENCE.indexOf(evidence);
}

/** Where a block stands: its index, the end of the data, whether a complete End-of-Capture came before. */
export interface BlockPlace {
  readonly index: number;
  readonly dataEnd: number;
  readonly afterEoc: boolean;
  /** Evidence for a block that was found by searching behind damage; null for other blocks. */
  readonly salvageEvidence: SalvageEvidence | null;
}

/** The facts in a block's header, whatever its payload. */
export class BlockInfo extends Shown {
  // `declare`: without it, each property would be set to undefined first, which makes blocks slow to make and to read.
  /** Position of the block in the capture, from 0. */
  declare readonly index: number;
  /** Where the block begins: bytes from the start of the file, or of the decrypted stream in an encrypted capture. */
  declare readonly offset: number;
  /** BlockType; `BLOCK_TYPE` names it. */
  declare readonly type: number;
  /** Bits of `BlockFlag`, and bits 1 and 2, the compression algorithm. */
  declare readonly flags: number;
  /** BlockLength: bytes of header and stored payload. */
  declare readonly length: number;
  /** 1, or 0 in MSL 0.1 and the first drafts. */
  declare readonly payloadVersion: number;
  /** Whether the block stands behind a complete End-of-Capture: not part of the capture. */
  declare readonly afterEoc: boolean;
  /**
   * Evidence for a block that was found by searching behind damage, and may be other data that looks like a block. Null for a block that the walk
   * from header to header found.
   */
  declare readonly salvageEvidence: SalvageEvidence | null;
  /** Bytes of the stored payload that the data really holds; less than `length - 80` in a truncated block. */
  declare readonly payloadLength: number;
  readonly #records: BlockRecords;
  readonly #record: number;

  constructor(records: BlockRecords, record: number, place: BlockPlace) {
    super();
    this.index = place.index;
    const { offset, type, flags, length, payloadVersion } = records.header(record);
    this.offset = offset;
    this.type = type;
    this.flags = flags;
    this.length = length;
    this.payloadVersion = payloadVersion;
    this.afterEoc = place.afterEoc;
    this.salvageEvidence = place.salvageEvidence;
    this.payloadLength = Math.min(length, place.dataEnd - offset) - BLOCK_HEADER_SIZE;
    this.#records = records;
    this.#record = record;
  }

  /** Whether the block was found by searching behind damage. */
  get salvaged(): boolean {
    return this.salvageEvidence !== null;
  }

  /** Name of the type, or its number such as `0x0777`. */
  get typeName(): string {
    return codeName(BLOCK_TYPE, this.type);
  }

  /** BlockUUID as canonical text. */
  get uuid(): string {
    return this.#records.readUuid(this.#record, uuidText);
  }

  /** ParentUUID as canonical text; the nil UUID for none. */
  get parentUuid(): string {
    return uuidText(this.#records.parentUuidBytes(this.#record));
  }

  /** How the payload is stored, as the flags tell. */
  get compression(): Compression {
    return compressionOf(this.flags);
  }

  /** Where the stored payload begins; counts like `offset`. */
  get payloadOffset(): number {
    return this.offset + BLOCK_HEADER_SIZE;
  }

  /** Whether BlockLength passes the end of the data. */
  get truncated(): boolean {
    return this.payloadLength < this.length - BLOCK_HEADER_SIZE;
  }

  override toJSON() {
    return blockInfoJson(this);
  }

  /** A deviation of this block, at an offset in the file. */
  locate(deviation: Omit<Deviation, "block">, base: number): Deviation {
    const { id, message, field, bytes, values } = deviation;
    const offset = base + deviation.offset;
    const block = this.index;
    // Field by field: each object that a spread makes gets a hidden class of its own, and there may be one for each of very many blocks.
    const located: { -readonly [Field in keyof Deviation]: Deviation[Field] } =
      field === undefined ? { id, message, offset, block } : { id, message, offset, field, block };
    if (bytes) located.bytes = bytes;
    if (values) located.values = values;
    return shownDeviation(located);
  }

  /** The deviations of the block header. */
  headerDeviations(): readonly Deviation[] {
    const reserved = this.#records.reserved(this.#record);
    if (reserved === 0 && this.flags === 0) return NO_DEVIATIONS;
    const deviations: Deviation[] = [];
    if (reserved !== 0) {
      const message = `Reserved is 0x${reserved.toString(16)}, expected 0`;
      const place = { offset: BLOCK_RESERVED_OFFSET, field: "reserved" };
      deviations.push(
        this.locate({ id: "BLK-RESERVED", message, ...place, values: [`0x${reserved.toString(16)}`] }, this.offset),
      );
    }
    if (this.flags > BLOCK_FLAGS_KNOWN) {
      const message = `Reserved block flags are set: 0x${this.flags.toString(16)}`;
      deviations.push(this.locate({ id: "BLK-RESERVED", message, offset: BLOCK_FLAGS_OFFSET, field: "flags" }, this.offset));
    }
    const compressed = (this.flags & BlockFlag.Compressed) !== 0;
    const algorithm = compAlgo(this.flags);
    if (compressed !== (algorithm !== "none") || algorithm === "reserved") {
      const message = `Block flags 0x${this.flags.toString(16)} contradict themselves about compression`;
      deviations.push(this.locate({ id: "BLK-COMPALGO", message, offset: BLOCK_FLAGS_OFFSET, field: "flags" }, this.offset));
    }
    return deviations;
  }
}

/** The header fields of a block, its index and its offset. */
export function blockInfoJson(block: BlockInfo): JsonObject {
  return {
    ...fieldsOf(block, [
      "index",
      "offset",
      "type",
      "typeName",
      "flags",
      "length",
      "payloadVersion",
      "uuid",
      "parentUuid",
      "compression",
      "afterEoc",
    ]),
    ...(block.salvageEvidence ? { salvaged: true, salvageEvidence: block.salvageEvidence } : {}),
  };
}
