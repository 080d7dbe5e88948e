import type { Random } from "../captures/random.js";
import { blockType, type Specimen, viewOf } from "../captures/specimen.js";

/** One way to damage a capture. */
export interface Mutator {
  readonly name: string;
  /** Relative frequency. */
  readonly weight: number;
  /** Changes the specimen, or does nothing if it has no suitable part. `donor`: draws another capture. */
  mutate(specimen: Specimen, random: Random, donor: () => Specimen): void;
}

/** A mutator of one block, which is drawn. `mutate` returns the block that replaces it. */
export function ofBlock(
  name: string,
  weight: number,
  mutateBlock: (block: Uint8Array, random: Random, donor: () => Specimen) => Uint8Array | undefined,
): Mutator {
  return {
    name,
    weight,
    mutate(specimen, random, donor) {
      const block = drawBlock(specimen, random);
      const changed = block && mutateBlock(block, random, donor);
      if (!block || !changed) return;
      specimen.blocks[specimen.blocks.indexOf(block)] = changed;
      if (block === specimen.focus) specimen.focus = changed;
    },
  };
}

/** Draws the type first: a capture with a thousand modules has few blocks of other types. */
function drawBlock({ blocks, focus }: Specimen, random: Random): Uint8Array | undefined {
  if (focus && blocks.includes(focus) && !random.oneIn(3)) return focus;
  if (blocks.length === 0) return undefined;
  const type = random.pick([...new Set(blocks.map(blockType))]);
  return random.pick(blocks.filter((block) => blockType(block) === type));
}

/** Widths in bytes of the values that are written. */
const WIDTHS = [1, 2, 4, 8] as const;

/**
 * Writes a value on which decoders tend to fail, such as an extreme length or count, at any offset of `bytes`; small offsets are more
 * frequent.
 */
export function writeInteresting(bytes: Uint8Array, random: Random): void {
  const width = random.pick(WIDTHS.filter((size) => size <= bytes.length).concat(bytes.length === 0 ? [1] : []));
  if (bytes.length < width) return;
  const last = bytes.length - width;
  // Most fields are aligned to their width.
  const drawn = random.nearStart(last + 1);
  writeInterestingAt(bytes, random.oneIn(4) ? drawn : drawn - (drawn % width), width, random);
}

export function writeInterestingAt(bytes: Uint8Array, at: number, width: 1 | 2 | 4 | 8, random: Random): void {
  const view = viewOf(bytes);
  const bits = BigInt(8 * width);
  const present = width === 8 ? view.getBigUint64(at, true) : BigInt(readUint(view, at, width));
  const value = BigInt.asUintN(8 * width, random.pick(candidates(present, bits, bytes.length - at)));
  for (let i = 0; i < width; i++) view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn));
}

function readUint(view: DataView, at: number, width: 1 | 2 | 4): number {
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

/** `room`: number of bytes from the field to the end; a length up to `room` is valid. */
function candidates(present: bigint, bits: bigint, room: number): bigint[] {
  const half = 1n << (bits - 1n);
  const edges = [0n, 1n, 2n, 7n, 8n, half - 1n, half, half + 1n, 2n * half - 1n, 2n * half - 8n];
  const near = [present + 1n, present - 1n, present + 8n, present * 2n, present ^ half];
  const sizes = [BigInt(room), BigInt(room + 1), BigInt(Math.max(0, room - 1)), BigInt(room >> 1), 0xffffn, 0x10000n, 1n << 40n];
  return [...edges, ...near, ...sizes];
}
