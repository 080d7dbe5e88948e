/** Memory Regions that overlap, end inside a page, lack bytes or have more than they need, which reads by address have to resolve. */

import type { Random } from "../../captures/random.js";
import {
  BLOCK,
  BLOCK_HEADER_BYTES,
  blockFlags,
  blockType,
  joined,
  payloadOf,
  viewOf,
  withPayload,
} from "../../captures/specimen.js";
import type { Mutator } from "../mutator.js";

const MEMORY_REGION = 0x0001;
const COMPRESSED = 0x01;
const BLOCK_START = new TextEncoder().encode("MSLC");
/** Head of a region (specification, Memory Region; MSL 0.1 has a u16 page size and a u32 page count from +0x12 on). */
const HEAD_BYTES = 32;
const SIZE_AT = 8;
const PAGE_SIZE_AT = 0x12;
const PAGE_COUNT_AT = 0x14;
const TIMESTAMP_AT = 0x18;
const MOST_PAGES = 6;
const MOST_NEIGHBOURS = 4;
const CAPTURED = 0x00;
const BASES = [0n, 0x1000n, 0x7fff_0000n, 2n ** 64n - 0x10000n];
/** Padding of a payload has fewer bytes than this. */
const PADDING_END = 8;

interface Shape {
  readonly legacy: boolean;
  readonly pageSize: number;
  readonly pages: number;
  readonly size: number;
}

function drawShape(random: Random): Shape {
  const legacy = random.oneIn(2);
  const pageSize = legacy ? random.pick([512, 1024, 4096]) : random.pick([1024, 2048, 4096]);
  const pages = 1 + random.below(MOST_PAGES);
  const whole = pages * pageSize;
  return { legacy, pageSize, pages, size: legacy && !random.oneIn(3) ? whole - random.below(pageSize) : whole };
}

function regionPayload(shape: Shape, base: bigint, random: Random): Uint8Array {
  const { legacy, pageSize, pages, size } = shape;
  const head = new Uint8Array(HEAD_BYTES);
  const view = viewOf(head);
  view.setBigUint64(0, BigInt.asUintN(64, base), true);
  view.setBigUint64(SIZE_AT, BigInt(size), true);
  if (legacy) {
    view.setUint16(PAGE_SIZE_AT, pageSize, true);
    view.setUint32(PAGE_COUNT_AT, pages, true);
  } else {
    head[PAGE_SIZE_AT] = Math.log2(pageSize);
  }
  view.setBigUint64(TIMESTAMP_AT, BigInt(random.below(3)), true);
  const states = random.oneIn(3) ? random.bytes(2) : new Uint8Array(2).fill(CAPTURED);
  const map = new Uint8Array(8);
  map.set(states.subarray(0, Math.ceil(pages / 4)));
  return joined([head, map, drawData(shape, map, random)]);
}

/**
 * Page data: as many bytes as the captured pages need, with the last page ending at the region's end or whole; or fewer, with or
 * without padding; or more.
 */
function drawData({ pageSize, pages, size }: Shape, map: Uint8Array, random: Random): Uint8Array {
  const captured = Array.from({ length: pages }, (_, page) => stateOf(map, page) === 0);
  const whole = captured.filter(Boolean).length * pageSize;
  const cut = captured.at(-1) ? pages * pageSize - size : 0;
  const data = random.bytes(
    random.pick([whole, whole - cut, whole - cut, random.below(whole + 1), whole + random.below(PADDING_END)]),
  );
  return random.oneIn(3) ? joined([data, new Uint8Array(random.below(PADDING_END))]) : data;
}

function stateOf(map: Uint8Array, page: number): number {
  return ((map[page >> 2] ?? 0) >> (6 - 2 * (page & 3))) & 3;
}

function regionBlock(payload: Uint8Array, random: Random): Uint8Array {
  const block = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = viewOf(block);
  block.set(BLOCK_START);
  view.setUint16(BLOCK.type, MEMORY_REGION, true);
  view.setUint16(BLOCK.payloadVersion, random.below(2), true);
  block.set(random.bytes(16), BLOCK.uuid);
  return withPayload(block, payload);
}

/** The address of the next region: near an edge of the region before, which begins at `base`. */
function nextBase(base: bigint, { pageSize, pages, size }: Shape, random: Random): bigint {
  const edge = random.pick([0, pageSize, pageSize * (pages - 1), size, pages * pageSize, pageSize >> 1]);
  return base + BigInt(edge + random.pick([0, 0, 0, 1, -1, 512, -512]));
}

export const NEIGHBOUR_MUTATORS: readonly Mutator[] = [
  {
    name: "region-neighbours",
    weight: 5,
    mutate({ blocks }, random) {
      let base = random.pick(BASES);
      for (let left = 2 + random.below(MOST_NEIGHBOURS - 1); left > 0; left--) {
        const shape = drawShape(random);
        blocks.splice(random.below(blocks.length), 0, regionBlock(regionPayload(shape, base, random), random));
        base = nextBase(base, shape, random);
      }
    },
  },
  {
    // Truncates the page data of a region; zeros may pad the payload to its old length.
    name: "region-short",
    weight: 3,
    mutate(specimen, random) {
      const plain = specimen.blocks.filter((block) => isPlainRegion(block));
      if (plain.length === 0) return;
      const block = random.pick(plain);
      const kept = payloadOf(block).subarray(0, HEAD_BYTES + random.below(payloadOf(block).length - HEAD_BYTES + 1));
      const padding = random.oneIn(2) ? (8 - (kept.length % 8)) % 8 : 0;
      specimen.blocks[specimen.blocks.indexOf(block)] = withPayload(block, joined([kept, new Uint8Array(padding)]));
    },
  },
  {
    // Truncates the capture inside a region.
    name: "region-cut-off",
    weight: 1,
    mutate(specimen, random) {
      const regions = specimen.blocks.filter((block) => blockType(block) === MEMORY_REGION);
      if (regions.length === 0) return;
      const block = random.pick(regions);
      const at = specimen.blocks.indexOf(block);
      specimen.blocks = [...specimen.blocks.slice(0, at), block.subarray(0, BLOCK_HEADER_BYTES + random.below(block.length))];
      specimen.tail = new Uint8Array(0);
    },
  },
];

function isPlainRegion(block: Uint8Array): boolean {
  return blockType(block) === MEMORY_REGION && (blockFlags(block) & COMPRESSED) === 0 && payloadOf(block).length > HEAD_BYTES;
}
