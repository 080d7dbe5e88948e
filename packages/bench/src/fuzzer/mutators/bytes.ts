/** Damages single bytes: in headers, in the fixed fields at the start of payloads, and anywhere. */

import type { Random } from "../../captures/random.js";
import { BLOCK_HEADER_BYTES, payloadOf, type Specimen } from "../../captures/specimen.js";
import { type Mutator, ofBlock, writeInteresting } from "../mutator.js";

/** The counts, lengths and sizes of most payloads lie within this many bytes. */
const PAYLOAD_HEAD_BYTES = 64;

function flipBits(bytes: Uint8Array, random: Random): void {
  for (let flips = 1 + random.below(4); flips > 0; flips--) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
}

function fill(bytes: Uint8Array, random: Random): void {
  const at = random.below(bytes.length);
  const length = 1 + random.nearStart(bytes.length - at);
  if (random.oneIn(3)) bytes.set(random.bytes(length).subarray(0, bytes.length - at), at);
  else bytes.fill(random.pick([0, 0x01, 0x7f, 0x80, 0xff]), at, at + length);
}

/** Removes bytes at the start of the file. */
const CUT_HEADER: Mutator = {
  name: "header-cut",
  weight: 1,
  mutate(specimen, random) {
    specimen.header = specimen.header.slice(1 + random.below(specimen.header.length));
  },
};

function copyWithin(bytes: Uint8Array, random: Random): void {
  const from = random.below(bytes.length);
  bytes.copyWithin(random.below(bytes.length), from, from + 1 + random.nearStart(bytes.length - from));
}

type Damage = (bytes: Uint8Array, random: Random) => void;

function inHeader(name: string, weight: number, damage: Damage): Mutator {
  return { name, weight, mutate: ({ header }: Specimen, random) => damage(header, random) };
}

function inBlockHeader(name: string, weight: number, damage: Damage): Mutator {
  return ofBlock(name, weight, (block, random) => {
    damage(block.subarray(0, BLOCK_HEADER_BYTES), random);
    return block;
  });
}

function inPayload(name: string, weight: number, length: number, damage: Damage): Mutator {
  return ofBlock(name, weight, (block, random) => {
    const payload = payloadOf(block);
    if (payload.length > 0) damage(payload.subarray(0, length), random);
    return block;
  });
}

export const BYTE_MUTATORS: readonly Mutator[] = [
  inHeader("header-bits", 2, flipBits),
  inHeader("header-value", 2, writeInteresting),
  inHeader("header-fill", 2, fill),
  CUT_HEADER,
  inBlockHeader("block-header-bits", 2, flipBits),
  inBlockHeader("block-header-value", 2, writeInteresting),
  inPayload("payload-head-bits", 6, PAYLOAD_HEAD_BYTES, flipBits),
  inPayload("payload-head-value", 10, PAYLOAD_HEAD_BYTES, writeInteresting),
  inPayload("payload-bits", 4, Number.POSITIVE_INFINITY, flipBits),
  inPayload("payload-value", 8, Number.POSITIVE_INFINITY, writeInteresting),
  inPayload("payload-fill", 3, Number.POSITIVE_INFINITY, fill),
  inPayload("payload-copy", 3, Number.POSITIVE_INFINITY, copyWithin),
];
