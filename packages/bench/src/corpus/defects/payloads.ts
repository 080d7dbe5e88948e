/** Payloads with false fields. Links and FileHash match, so that this is the only defect. */

import { BLOCK_HEADER_BYTES, type Specimen, withPayload } from "../../captures/specimen.js";
import { BLOCKS, PLAIN_REGION } from "./base.js";
import { blockAt, type Defect, invalid, payloadAt, reads, SOUND } from "./defect.js";

const PAGE_BYTES = 4096;
/** Offset in the payload of a Memory Region. */
const REGION_SIZE_AT = 0x08;
const PAGE_SIZE_LOG2_AT = 0x12;
const MAP_AT = 0x20;
const RESERVED_STATE = 3;

type Change = Pick<Defect, "damage" | "expect">;

function inPayload(name: string, about: string, features: readonly string[], change: Change): Defect {
  return { name, about, features, verdict: SOUND, rechainedFrom: 0, ...change };
}

function lie(name: string, about: string, index: number, why: string, tell: (payload: DataView) => void): Defect {
  const damage = (capture: Specimen) => tell(payloadAt(capture, index));
  return inPayload(name, about, ["invalid", "hostile"], { damage, expect: invalid(index, why) });
}

export const PAYLOADS: readonly Defect[] = [
  lie(
    "x-entry-count",
    "EntryCount of the Module List Index is 2^32 - 1",
    BLOCKS.moduleListIndex,
    "EntryCount exceeds payload",
    (payload) => payload.setUint32(0, 0xffff_ffff, true),
  ),
  lie(
    "x-entry-count-by-one",
    "EntryCount of the Module List Index is one too many",
    BLOCKS.moduleListIndex,
    "EntryCount exceeds payload",
    (payload) => payload.setUint32(0, payload.getUint32(0, true) + 1, true),
  ),
  lie("x-path-length", "PathLen of a module is 65,535", BLOCKS.moduleEntry, "PathLen exceeds payload", (payload) =>
    payload.setUint16(0x10, 0xffff, true),
  ),
  lie("x-note-length", "NoteLen of a key hint is 2^32 - 1", BLOCKS.keyHint, "NoteLen exceeds payload", (payload) =>
    payload.setUint32(0x24, 0xffff_ffff, true),
  ),
  lie("x-page-size-small", "PageSizeLog2 is 9", BLOCKS.plainRegion, "PageSizeLog2 out of range", (payload) =>
    payload.setUint8(PAGE_SIZE_LOG2_AT, 9),
  ),
  lie("x-page-size-large", "PageSizeLog2 is 41", BLOCKS.plainRegion, "PageSizeLog2 out of range", (payload) =>
    payload.setUint8(PAGE_SIZE_LOG2_AT, 41),
  ),
  lie(
    "x-region-size",
    "RegionSize is no multiple of the page size",
    BLOCKS.plainRegion,
    "RegionSize not a multiple of PageSize",
    (payload) => payload.setBigUint64(REGION_SIZE_AT, payload.getBigUint64(REGION_SIZE_AT, true) + 1n, true),
  ),
  lie(
    "x-region-size-huge",
    "RegionSize is 2^63: its page-state map would be longer than any file",
    BLOCKS.plainRegion,
    "page map exceeds payload",
    (payload) => payload.setBigUint64(REGION_SIZE_AT, 1n << 63n, true),
  ),
  lie(
    "x-page-states",
    "the failed page of a region is said to be captured, and there are no bytes for it",
    BLOCKS.plainRegion,
    "captured page bytes missing",
    (payload) => payload.setUint8(MAP_AT, payload.getUint8(MAP_AT) & ~3),
  ),
  inPayload("x-page-data-short", "the last page of a region is missing", ["invalid", "hostile"], {
    damage({ blocks }) {
      const block = blockAt(blocks, BLOCKS.plainRegion);
      blocks[BLOCKS.plainRegion] = withPayload(block, block.subarray(BLOCK_HEADER_BYTES, block.length - PAGE_BYTES));
    },
    expect: invalid(BLOCKS.plainRegion, "captured page bytes missing"),
  }),
  inPayload("x-reserved-state", "the failed page of a region has the reserved state 11", ["lenient"], {
    damage(capture) {
      const payload = payloadAt(capture, BLOCKS.plainRegion);
      payload.setUint8(MAP_AT, payload.getUint8(MAP_AT) | RESERVED_STATE);
    },
    expect(expected, capture) {
      const { failedPage, capturedPages } = PLAIN_REGION;
      const pageStates = [
        [0, failedPage, 0],
        [failedPage, 1, RESERVED_STATE],
        [failedPage + 1, capturedPages - failedPage, 0],
      ];
      reads(BLOCKS.plainRegion, { pageStates }, { uncompressed: undefined })(expected, capture);
    },
  }),
  inPayload("x-bad-utf8", "the first byte of a module's path is none of UTF-8", ["lenient"], {
    damage: (capture) => payloadAt(capture, BLOCKS.moduleEntry).setUint8(0x18, 0xff),
    expect(expected, capture) {
      const path = String(blockAt(expected.blocks, BLOCKS.moduleEntry).payload?.["path"]);
      reads(BLOCKS.moduleEntry, { path: `\ufffd${path.slice(1)}` })(expected, capture);
    },
  }),
];
