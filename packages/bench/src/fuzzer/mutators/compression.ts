/** Compresses payloads in every known way, damages compressed data, and makes data that expands up to the limit or beyond. */

import type { Random } from "../../captures/random.js";
import { blockFlags, joined, payloadOf, viewOf, withPayload } from "../../captures/specimen.js";
import { lz4Expanding, lz4Literals, sizePrefix, zstdExpanding, zstdRaw } from "../compressed-forms.js";
import { type Mutator, ofBlock, writeInteresting } from "../mutator.js";

const ZSTD_FLAGS = 0x03;
const LZ4_FLAGS = 0x05;
const COMPRESSED = 0x01;
/** The largest size to which a payload expands; the harness sets a lower limit for small captures. */
const LARGEST_EXPANSION = 6 * 1024 * 1024;

interface Stored {
  readonly payload: Uint8Array;
  readonly algorithm: number;
}

function wrongAtTimes(size: number, random: Random): number {
  return random.oneIn(6) ? Math.max(0, size + random.pick([-1, 1, 8, 1000, 2 ** 31])) : size;
}

function compressed(content: Uint8Array, random: Random): Stored {
  const size = sizePrefix(wrongAtTimes(content.length, random));
  const again = size.subarray(0, 4);
  const zeros = new Uint8Array(random.oneIn(3) ? random.below(10) : 0);
  const zstd = [zstdRaw(content), zeros];
  const lz4 = [lz4Literals(content), zeros];
  return random.pick([
    { algorithm: ZSTD_FLAGS, payload: joined([size, ...zstd]) },
    { algorithm: ZSTD_FLAGS, payload: joined(zstd) },
    { algorithm: LZ4_FLAGS, payload: joined([size, ...lz4]) },
    { algorithm: LZ4_FLAGS, payload: joined([size, again, ...lz4]) },
  ]);
}

/** The start of the payload, so that its decoder finds counts and sizes, then one repeated byte. */
function expanding(content: Uint8Array, random: Random): Stored {
  const size = random.oneIn(2) ? 1 + random.below(LARGEST_EXPANSION) : content.length + 16 + random.below(65_536);
  const lead = content.slice(0, Math.min(size - 9, 1 + random.below(256)));
  // Most tables begin with their number of entries: sets it to the number for which the expanded payload has room.
  if (random.oneIn(2) && lead.length >= 8) viewOf(lead).setUint32(0, Math.floor(size / random.pick([3, 4, 12, 40])), true);
  if (random.oneIn(3) && lead.length > 0) {
    const repeats = Math.max(4, size - lead.length - 5);
    const data = lz4Expanding(lead, repeats);
    return { algorithm: LZ4_FLAGS, payload: joined([sizePrefix(lead.length + repeats + 5), data]) };
  }
  const frame = zstdExpanding(lead, random.pick([0, 0, 1, 0xaa, 0xff]), Math.max(size, lead.length));
  const prefix = random.oneIn(2) ? sizePrefix(wrongAtTimes(Math.max(size, lead.length), random)) : new Uint8Array(0);
  return { algorithm: ZSTD_FLAGS, payload: joined([prefix, frame]) };
}

function stored(block: Uint8Array, { payload, algorithm }: Stored): Uint8Array {
  return withPayload(block, payload, (blockFlags(block) & ~7) | algorithm);
}

export const COMPRESSION_MUTATORS: readonly Mutator[] = [
  ofBlock("compress", 4, (block, random) =>
    blockFlags(block) & COMPRESSED ? undefined : stored(block, compressed(payloadOf(block), random)),
  ),
  ofBlock("expand", 2, (block, random) =>
    blockFlags(block) & COMPRESSED ? undefined : stored(block, expanding(payloadOf(block), random)),
  ),
  {
    // Compressed blocks are rare, so one is searched for in the whole capture instead of being drawn.
    name: "corrupt-compressed",
    weight: 5,
    mutate({ blocks }, random) {
      const candidates = blocks.filter((block) => blockFlags(block) & COMPRESSED && payloadOf(block).length > 0);
      if (candidates.length === 0) return;
      const payload = payloadOf(random.pick(candidates));
      for (let changes = 1 + random.below(3); changes > 0; changes--) {
        const at = random.oneIn(2) ? random.below(payload.length) : random.nearStart(payload.length);
        if (random.oneIn(3)) writeInteresting(payload.subarray(at), random);
        else payload[at] = (payload[at] ?? 0) ^ (1 << random.below(8));
      }
    },
  },
  {
    name: "uncompressed-size",
    weight: 2,
    mutate({ blocks }, random) {
      const candidates = blocks.filter((block) => blockFlags(block) & COMPRESSED && payloadOf(block).length >= 12);
      if (candidates.length === 0) return;
      const payload = payloadOf(random.pick(candidates));
      const size = Number(BigInt.asUintN(32, viewOf(payload).getBigUint64(0, true)));
      payload.set(sizePrefix(random.pick([0, size - 1, size + 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40].map((n) => Math.max(0, n)))));
    },
  },
];
