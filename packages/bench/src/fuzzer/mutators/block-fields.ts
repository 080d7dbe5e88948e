/** Changes single header fields that select other code in a reader: types, flags, versions, lengths. */

import type { Random } from "../../captures/random.js";
import { BLOCK, joined, payloadOf, viewOf, withPayload } from "../../captures/specimen.js";
import { type Mutator, ofBlock, writeInterestingAt } from "../mutator.js";

/** Registered block types, those of memslicer and MemDiver, and a few unassigned ones. */
const BLOCK_TYPES = [
  0x0000, 0x0001, 0x0002, 0x0010, 0x0011, 0x0020, 0x0030, 0x0040, 0x0041, 0x0050, 0x0051, 0x0052, 0x0053, 0x0054, 0x0055, 0x0056,
  0x0057, 0x0058, 0x0059, 0x005a, 0x0fff, 0x1000, 0x1001, 0x1002, 0x1003, 0x2001, 0x2004, 0x7fff, 0xffff,
];
const FLAG_BITS = 16;
/** All combinations of Compressed and the two bits of CompAlgo. */
const COMPRESSIONS = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07];

function setU16(block: Uint8Array, at: number, value: number): Uint8Array {
  viewOf(block).setUint16(at, value, true);
  return block;
}

/** Fields of the file header that decide how the rest is read, with valid and invalid values (specification, file header). */
const HEADER_FIELDS: readonly { at: number; values: readonly number[] }[] = [
  { at: 8, values: [0, 1, 2] },
  { at: 9, values: [0, 63, 64, 65, 72, 80, 128, 144, 255] },
  { at: 10, values: [0, 1, 2, 255] },
  { at: 11, values: [0, 1, 2] },
  { at: 12, values: [0, 1, 2, 4, 8, 15, 16] },
  { at: 0x39, values: [0, 1, 2, 255] },
  { at: 0x3d, values: [0, 1, 2, 3, 255] },
];

export const FIELD_MUTATORS: readonly Mutator[] = [
  ofBlock("block-type", 8, (block, random) => setU16(block, BLOCK.type, random.pick(BLOCK_TYPES))),
  ofBlock("block-flag", 2, (block, random) =>
    setU16(block, BLOCK.flags, viewOf(block).getUint16(BLOCK.flags, true) ^ (1 << random.below(FLAG_BITS))),
  ),
  ofBlock("compression-flags", 3, (block, random) =>
    setU16(block, BLOCK.flags, (viewOf(block).getUint16(BLOCK.flags, true) & ~7) | random.pick(COMPRESSIONS)),
  ),
  ofBlock("payload-version", 3, (block, random) =>
    setU16(block, BLOCK.payloadVersion, random.pick([0, 0, 1, 1, 2, 256, 0xffff])),
  ),
  ofBlock("block-length", 1, (block, random) => {
    writeInterestingAt(block, BLOCK.length, 4, random);
    return block;
  }),
  ofBlock("links", 1, (block, random) => {
    const at = random.pick([BLOCK.uuid, BLOCK.parentUuid, BLOCK.prevHash]);
    block.set(random.oneIn(2) ? new Uint8Array(16) : random.bytes(16), at);
    return block;
  }),
  {
    name: "header-field",
    weight: 2,
    mutate({ header }, random) {
      const { at, values } = random.pick(HEADER_FIELDS);
      if (at < header.length) header[at] = random.pick(values);
    },
  },
];

/** A payload of another size. BlockLength is adapted, so that the framing stays intact and the decoder gets the wrong number of bytes. */
function inserted(payload: Uint8Array, random: Random): Uint8Array {
  const at = random.oneIn(2) ? payload.length : random.below(payload.length + 1);
  const length = 1 + random.nearStart(256);
  const piece = random.oneIn(2) ? new Uint8Array(length) : random.bytes(length);
  return joined([payload.subarray(0, at), piece, payload.subarray(at)]);
}

function removed(payload: Uint8Array, random: Random): Uint8Array {
  const at = random.below(payload.length);
  return joined([payload.subarray(0, at), payload.subarray(at + 1 + random.nearStart(payload.length - at))]);
}

function repeated(payload: Uint8Array, random: Random): Uint8Array {
  const at = random.below(payload.length);
  const piece = payload.subarray(at, at + 1 + random.nearStart(payload.length - at));
  return joined([payload.subarray(0, at), piece, payload.subarray(at)]);
}

export const SIZE_MUTATORS: readonly Mutator[] = [
  ofBlock("payload-cut", 3, (block, random) => {
    const payload = payloadOf(block);
    return withPayload(block, payload.subarray(0, random.below(payload.length + 1)));
  }),
  ofBlock("payload-insert", 3, (block, random) => withPayload(block, inserted(payloadOf(block), random))),
  ofBlock("payload-remove", 3, (block, random) => withPayload(block, removed(payloadOf(block), random))),
  ofBlock("payload-repeat", 2, (block, random) => withPayload(block, repeated(payloadOf(block), random))),
  ofBlock("payload-swap", 3, (block, random, donor) => {
    const { blocks } = donor();
    return blocks.length === 0 ? undefined : withPayload(block, payloadOf(random.pick(blocks)));
  }),
];
