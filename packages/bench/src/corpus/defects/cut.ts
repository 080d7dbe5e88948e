/** Truncated captures, and one with bytes after its end. */
import { BLOCK_HEADER_BYTES } from "../../captures/specimen.js";
import { BLOCKS, PLAIN_REGION } from "./base.js";
import { type Defect, offsetOf, SOUND } from "./defect.js";

const FEATURES = ["truncated"];
const UNFINISHED = "chain-ok+no-eoc";
const GARBAGE = Uint8Array.from({ length: 333 }, (_, i) => (i * 89 + 7) & 0xff);

export const CUT: readonly Defect[] = [
  {
    name: "x-cut-file-header",
    about: "ends inside the file header",
    features: [...FEATURES, "reject"],
    verdict: UNFINISHED,
    cutTo: () => 40,
  },
  {
    name: "x-cut-behind-header",
    about: "ends behind the file header",
    features: FEATURES,
    verdict: UNFINISHED,
    cutTo: ({ header }) => header.length,
  },
  {
    name: "x-cut-between-blocks",
    about: "ends between two blocks",
    features: FEATURES,
    verdict: UNFINISHED,
    cutTo: (capture) => offsetOf(capture, BLOCKS.lz4Region),
  },
  {
    name: "x-cut-block-header",
    about: "ends inside a block header",
    features: FEATURES,
    verdict: UNFINISHED,
    cutTo: (capture) => offsetOf(capture, BLOCKS.plainRegion) + 50,
  },
  {
    name: "x-cut-page-data",
    about: "ends inside the page data of a region",
    features: FEATURES,
    verdict: `${UNFINISHED}+truncated-block`,
    cutTo: (capture) => offsetOf(capture, BLOCKS.plainRegion) + BLOCK_HEADER_BYTES + PLAIN_REGION.pageDataAt + 4096 + 100,
  },
  {
    name: "x-cut-compressed",
    about: "ends inside compressed data",
    features: FEATURES,
    verdict: `${UNFINISHED}+truncated-block`,
    cutTo: (capture) => offsetOf(capture, BLOCKS.zstdRegion) + BLOCK_HEADER_BYTES + 1000,
  },
  {
    name: "x-cut-end",
    about: "ends inside End-of-Capture",
    features: FEATURES,
    verdict: `${UNFINISHED}+truncated-block`,
    cutTo: (capture) => offsetOf(capture, BLOCKS.endOfCapture) + BLOCK_HEADER_BYTES + 32,
  },
  {
    name: "x-trailing-garbage",
    about: "bytes that mean nothing follow End-of-Capture",
    features: ["trailing"],
    verdict: SOUND,
    damage(capture) {
      capture.tail = GARBAGE;
    },
  },
];
