/** Memory Regions whose sizes, maps and addresses are changed together, so that they are still read as regions. */

import type { Random } from "../../captures/random.js";
import { BLOCK, blockFlags, blockType, joined, payloadOf, viewOf, withPayload } from "../../captures/specimen.js";
import { type Mutator, ofBlock } from "../mutator.js";

const MEMORY_REGION = 0x0001;
const COMPRESSED = 0x01;
/** Fixed part (specification, Memory Region): BaseAddr u64, RegionSize u64, +0x12 PageSizeLog2, +0x18 Timestamp, map from +0x20. */
const REGION_SIZE_AT = 8;
const PAGE_SIZE_LOG2_AT = 0x12;
const TIMESTAMP_AT = 0x18;
const MAP_AT = 0x20;
/** The state Unmapped for each of four pages. */
const UNMAPPED = 0xaa;
const ADDRESS_SPACE_END = 1n << 64n;

function onRegion(
  name: string,
  weight: number,
  mutate: (block: Uint8Array, random: Random, donor: () => Region) => void,
): Mutator {
  return {
    name,
    weight,
    mutate({ blocks }, random) {
      const regions = blocks.filter((block) => isPlainRegion(block));
      if (regions.length > 0) mutate(random.pick(regions), random, () => new Region(random.pick(regions)));
    },
  };
}

function isPlainRegion(block: Uint8Array): boolean {
  return blockType(block) === MEMORY_REGION && (blockFlags(block) & COMPRESSED) === 0 && payloadOf(block).length > MAP_AT;
}

/** The base address and size of a region. */
class Region {
  readonly #view: DataView;

  constructor(block: Uint8Array) {
    this.#view = viewOf(payloadOf(block));
  }

  get base(): bigint {
    return this.#view.getBigUint64(0, true);
  }

  set base(address: bigint) {
    this.#view.setBigUint64(0, BigInt.asUintN(64, address), true);
  }

  get size(): bigint {
    return this.#view.getBigUint64(REGION_SIZE_AT, true);
  }
}

/** A region with random page size, number of pages and page states, and too little, enough or too much page data. */
function freshRegion(random: Random): Uint8Array {
  const log2 = random.oneIn(3) ? 10 + random.below(31) : random.pick([10, 12, 12, 14]);
  const pages = random.oneIn(3) ? random.nearStart(40_000) : random.below(40);
  const map = new Uint8Array(Math.ceil(pages / 4));
  if (random.oneIn(2)) map.set(random.bytes(map.length));
  else map.fill(random.pick([0x00, UNMAPPED, 0x55, 0xff, 0x1b]));
  return regionPayload(log2, pages, map, random);
}

/** A region with offsets beyond 2^53, in which a few captured pages follow many unmapped ones. */
function vastRegion(random: Random): Uint8Array {
  const map = new Uint8Array(2048 + random.below(14_000)).fill(UNMAPPED);
  for (let bytes = 1 + random.below(3); bytes > 0; bytes--)
    map[map.length - 1 - random.nearStart(map.length)] = random.u32() & 0xff;
  return regionPayload(40, map.length * 4, map, random);
}

function regionPayload(log2: number, pages: number, map: Uint8Array, random: Random): Uint8Array {
  const head = new Uint8Array(MAP_AT);
  const view = viewOf(head);
  const size = BigInt(pages) << BigInt(log2);
  const bases = [0n, 0x1000n, 0x7fff_0000_0000n, ADDRESS_SPACE_END - size, ADDRESS_SPACE_END - size - 0x1000n];
  view.setBigUint64(0, BigInt.asUintN(64, random.pick(bases)), true);
  view.setBigUint64(REGION_SIZE_AT, BigInt.asUintN(64, size), true);
  head[PAGE_SIZE_LOG2_AT] = log2;
  view.setBigUint64(TIMESTAMP_AT, BigInt(random.below(3)), true);
  const padding = new Uint8Array((8 - (map.length % 8)) % 8);
  return joined([head, map, padding, random.bytes(random.pick([0, 1, 7, 8, 100, 1024, 4096, 5000]))]);
}

export const REGION_MUTATORS: readonly Mutator[] = [
  onRegion("region-map", 4, (block, random) => {
    const payload = payloadOf(block);
    const pages = Number(BigInt.asUintN(32, new Region(block).size >> BigInt(payload[PAGE_SIZE_LOG2_AT] ?? 0)));
    const map = payload.subarray(MAP_AT, MAP_AT + Math.max(1, Math.ceil(pages / 4)));
    for (let changes = 1 + random.below(8); changes > 0; changes--) map[random.below(map.length)] = random.u32() & 0xff;
  }),
  onRegion("region-page-size", 2, (block, random) => {
    payloadOf(block)[PAGE_SIZE_LOG2_AT] = random.pick([0, 9, 10, 11, 12, 13, 16, 30, 40, 41, 63, 64, 255]);
  }),
  onRegion("region-overlap", 3, (block, random, other) => {
    const target = other();
    new Region(block).base = target.base + random.pick([0n, 1n, -1n, target.size / 2n, target.size - 1n, -0x800n]);
  }),
  ofBlock("region-fresh", 4, (block, random) => {
    const changed = withPayload(block, random.oneIn(4) ? vastRegion(random) : freshRegion(random), 0);
    viewOf(changed).setUint16(BLOCK.type, MEMORY_REGION, true);
    viewOf(changed).setUint16(BLOCK.payloadVersion, random.pick([0, 1, 1, 1]), true);
    return changed;
  }),
];
