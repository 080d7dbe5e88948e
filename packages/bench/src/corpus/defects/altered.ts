/** Defects that change bytes after they were hashed. */
import { BLOCK, BLOCK_HEADER_BYTES, viewOf } from "../../captures/specimen.js";
import { digestOf } from "../hashes.js";
import { BLOCKS, PLAIN_REGION } from "./base.js";
import { blockAt, type Defect, flipBit, SOUND } from "./defect.js";

const PID_AT = 0x34;
const ACQ_END_AT = 0x20;
const ALTERED = "chain-broken+filehash-mismatch";
const DIGEST_BYTES = 32;

export const ALTERED_BYTES: readonly Defect[] = [
  {
    name: "x-flip-page-data",
    about: "one bit of page data is flipped",
    features: ["altered"],
    verdict: ALTERED,
    damage: ({ blocks }) => flipBit(blockAt(blocks, BLOCKS.plainRegion), BLOCK_HEADER_BYTES + PLAIN_REGION.pageDataAt + 5000, 3),
    expect({ blocks }, capture) {
      const payload = blockAt(capture.blocks, BLOCKS.plainRegion).subarray(BLOCK_HEADER_BYTES);
      const region = blockAt(blocks, BLOCKS.plainRegion);
      region.payload = { ...region.payload, pageDataBlake3: digestOf(payload.subarray(PLAIN_REGION.pageDataAt)) };
      region.uncompressed = undefined;
    },
  },
  {
    name: "x-flip-file-header",
    about: "one bit of the file header's PID is flipped",
    features: ["altered"],
    verdict: ALTERED,
    damage: ({ header }) => flipBit(header, PID_AT),
    expect: ({ header }, capture) => void Object.assign(header, { pid: viewOf(capture.header).getUint32(PID_AT, true) }),
  },
  {
    name: "x-flip-block-header",
    about: "one bit of a BlockUUID is flipped",
    features: ["altered"],
    verdict: ALTERED,
    damage: ({ blocks }) => flipBit(blockAt(blocks, BLOCKS.relatedDump), BLOCK.uuid + 15),
    expect({ blocks }) {
      const block = blockAt(blocks, BLOCKS.relatedDump);
      const last = Number.parseInt(block.uuid.slice(-1), 16) ^ 1;
      block.uuid = `${block.uuid.slice(0, -1)}${last.toString(16)}`;
    },
  },
  {
    name: "x-flip-end",
    about: "one bit of End-of-Capture's AcqEnd is flipped, which nothing in a plain capture protects",
    features: ["altered"],
    verdict: SOUND,
    damage: ({ blocks }) => flipBit(blockAt(blocks, BLOCKS.endOfCapture), BLOCK_HEADER_BYTES + ACQ_END_AT),
    expect({ blocks }) {
      const block = blockAt(blocks, BLOCKS.endOfCapture);
      block.payload = { acqEndNs: (BigInt(String(block.payload?.["acqEndNs"])) ^ 1n).toString() };
    },
  },
  {
    name: "x-file-hash",
    about: "FileHash is that of other bytes",
    features: ["altered"],
    verdict: "chain-ok+filehash-mismatch",
    damage: ({ blocks }) => flipBit(blockAt(blocks, BLOCKS.endOfCapture), BLOCK_HEADER_BYTES),
  },
  {
    name: "x-prev-hash",
    about: "PrevHash of one block is that of other bytes; the links behind it and FileHash fit",
    features: ["altered"],
    verdict: "chain-broken+filehash-ok",
    rechainedFrom: BLOCKS.keyHint + 1,
    damage: ({ blocks }) => flipBit(blockAt(blocks, BLOCKS.keyHint), BLOCK.prevHash),
  },
  {
    name: "x-zero-anchor",
    about: "PrevHash of block 0 is zero where the hash of the file header belongs; the rest fits",
    features: ["altered"],
    verdict: "chain-ok+anchor-zero+filehash-ok",
    rechainedFrom: 1,
    damage: ({ blocks }) => void blockAt(blocks, 0).fill(0, BLOCK.prevHash, BLOCK.prevHash + DIGEST_BYTES),
  },
  {
    name: "x-swapped-blocks",
    about: "two blocks have changed places",
    features: ["altered"],
    verdict: ALTERED,
    damage(capture) {
      const { blocks } = capture;
      const [a, b] = [BLOCKS.zstdRegion, BLOCKS.lz4Region];
      [blocks[a], blocks[b]] = [blockAt(blocks, b), blockAt(blocks, a)];
    },
    expect({ blocks }) {
      const [a, b] = [BLOCKS.zstdRegion, BLOCKS.lz4Region];
      [blocks[a], blocks[b]] = [blockAt(blocks, b), blockAt(blocks, a)];
    },
  },
];
