/** Values at which decoders tend to go wrong, and writing them anywhere. */
import type { Random } from "../random.js";
import { viewOf } from "./specimen.js";

const WIDTHS = [1, 2, 4, 8] as const;

/** Writes a value that a length, count, size or code should not have at any place of `bytes`; early places are likelier. */
export function writeInteresting(bytes: Uint8Array, random: Random): void {
  const width = random.pick(WIDTHS.filter((size) => size <= bytes.length).concat(bytes.length === 0 ? [1] : []));
  if (bytes.length < width) return;
  const last = bytes.length - width;
  // Fields lie at multiples of their width, mostly.
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

/** `room`: bytes from the field to the end; a length there is right up to that many. */
function candidates(present: bigint, bits: bigint, room: number): bigint[] {
  const half = 1n << (bits - 1n);
  const edges = [0n, 1n, 2n, 7n, 8n, half - 1n, half, half + 1n, 2n * half - 1n, 2n * half - 8n];
  const near = [present + 1n, present - 1n, present + 8n, present * 2n, present ^ half];
  const sizes = [BigInt(room), BigInt(room + 1), BigInt(Math.max(0, room - 1)), BigInt(room >> 1), 0xffffn, 0x10000n, 1n << 40n];
  return [...edges, ...near, ...sizes];
}
