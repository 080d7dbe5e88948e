/** Payloads of another size, BlockLength in step: the framing holds, and the payload's decoder meets the wrong number of bytes. */

import type { Random } from "../../random.js";
import { type Mutator, ofBlock } from "../mutator.js";
import { joined, payloadOf, withPayload } from "../specimen.js";

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
