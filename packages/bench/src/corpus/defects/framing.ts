/** Headers with false values. Links and FileHash match, so that this is the only defect. */
import { BLOCK, BLOCK_HEADER_BYTES, viewOf } from "../../captures/specimen.js";
import { hexOf } from "../hashes.js";
import { BLOCKS } from "./base.js";
import { blockAt, type Defect, invalid, payloadAt, SOUND, viewAt } from "./defect.js";

const REJECTED = ["reject"];
const INVALID = ["invalid", "hostile"];
const BLOCK_COUNT_AT = 0x39;
const COMPALGO_3 = 7;
/** A type in the range for acquirers that has no assigned meaning. */
const UNASSIGNED_TYPE = 0x0777;

function headerByte(name: string, about: string, at: number, value: number): Defect {
  return {
    name,
    about,
    features: REJECTED,
    verdict: SOUND,
    rechainedFrom: 0,
    damage: ({ header }) => void header.set([value], at),
  };
}

export const FRAMING: readonly Defect[] = [
  headerByte("x-magic", "the magic of the file is another", 0, 0x6d),
  headerByte("x-endianness", "Endianness is 3", 0x08, 3),
  headerByte("x-header-size", "HeaderSize is 63", 0x09, 63),
  headerByte("x-major-version", "the major version is 2", 0x0b, 2),
  {
    name: "x-block-count",
    about: "BlockCount is one too many",
    features: ["hostile"],
    verdict: SOUND,
    rechainedFrom: 0,
    damage: ({ header, blocks }) => viewOf(header).setUint32(BLOCK_COUNT_AT, blocks.length + 1, true),
    expect: ({ header, blocks }) => void Object.assign(header, { blockCount: blocks.length + 1 }),
  },
  {
    name: "x-block-length-past-end",
    about: "BlockLength of a region is 2^32 - 1",
    features: ["truncated", "hostile"],
    verdict: "chain-ok+no-eoc+truncated-block",
    damage: (capture) => viewAt(capture, BLOCKS.plainRegion).setUint32(BLOCK.length, 0xffff_ffff, true),
  },
  {
    name: "x-block-length-below-header",
    about: "BlockLength of a region is 79, less than a block header has",
    features: INVALID,
    verdict: "chain-ok+no-eoc",
    damage: (capture) => viewAt(capture, BLOCKS.plainRegion).setUint32(BLOCK.length, BLOCK_HEADER_BYTES - 1, true),
  },
  {
    name: "x-block-length-short",
    about: "BlockLength of a region is 8 less than it has: bytes of a page are missing, and no block begins behind it",
    features: INVALID,
    verdict: "chain-ok+no-eoc",
    damage(capture) {
      const view = viewAt(capture, BLOCKS.plainRegion);
      view.setUint32(BLOCK.length, view.byteLength - 8, true);
    },
    expect: invalid(BLOCKS.plainRegion, "captured page bytes missing"),
  },
  {
    name: "x-block-magic",
    about: "the magic of a block is another: framing is lost there",
    features: INVALID,
    verdict: "chain-ok+no-eoc",
    damage: (capture) => viewAt(capture, BLOCKS.plainRegion).setUint8(3, 0x44),
  },
  {
    name: "x-block-type-0",
    about: "BlockType is 0, which must not appear",
    features: INVALID,
    verdict: SOUND,
    rechainedFrom: 0,
    damage: (capture) => viewAt(capture, BLOCKS.relatedDump).setUint16(BLOCK.type, 0, true),
    expect: invalid(BLOCKS.relatedDump, "block type 0", { type: 0, typeName: "Invalid" }),
  },
  {
    name: "x-block-type-unknown",
    about: "BlockType is one that nobody has given a meaning",
    features: ["unknown"],
    verdict: SOUND,
    rechainedFrom: 0,
    damage: (capture) => viewAt(capture, BLOCKS.relatedDump).setUint16(BLOCK.type, UNASSIGNED_TYPE, true),
    expect({ blocks }, capture) {
      const raw = { hex: hexOf(blockAt(capture.blocks, BLOCKS.relatedDump).subarray(BLOCK_HEADER_BYTES)) };
      Object.assign(blockAt(blocks, BLOCKS.relatedDump), { type: UNASSIGNED_TYPE, typeName: "Unknown", payload: { raw } });
    },
  },
  {
    name: "x-payload-version",
    about: "PayloadVersion of a module is 2",
    features: ["unknown"],
    verdict: SOUND,
    rechainedFrom: 0,
    damage: (capture) => viewAt(capture, BLOCKS.moduleEntry).setUint16(BLOCK.payloadVersion, 2, true),
    expect: ({ blocks }) =>
      void Object.assign(blockAt(blocks, BLOCKS.moduleEntry), { payloadVersion: 2, skipPayload: "unknown PayloadVersion" }),
  },
  {
    name: "x-comp-algo-3",
    about: "CompAlgo is 3, which is reserved",
    features: INVALID,
    verdict: SOUND,
    rechainedFrom: 0,
    damage: (capture) => viewAt(capture, BLOCKS.zstdRegion).setUint16(BLOCK.flags, COMPALGO_3, true),
    expect: invalid(BLOCKS.zstdRegion, "reserved CompAlgo", { flags: COMPALGO_3, compression: "reserved" }),
  },
  {
    name: "x-double-uuid",
    about: "two blocks have one BlockUUID",
    features: ["lenient"],
    verdict: SOUND,
    rechainedFrom: 0,
    damage({ blocks }) {
      const first = blockAt(blocks, BLOCKS.zstdRegion).subarray(BLOCK.uuid, BLOCK.uuid + 16);
      blockAt(blocks, BLOCKS.lz4Region).set(first, BLOCK.uuid);
    },
    expect({ blocks }) {
      blockAt(blocks, BLOCKS.lz4Region).uuid = blockAt(blocks, BLOCKS.zstdRegion).uuid;
    },
  },
  {
    name: "x-reserved-bytes",
    about: "reserved bytes of Process Identity are not zero",
    features: ["lenient"],
    verdict: SOUND,
    rechainedFrom: 0,
    damage(capture) {
      payloadAt(capture, BLOCKS.processIdentity).setUint32(0x14, 0xdead_beef, true);
    },
  },
];
