/** Captures assembled block by block, for tests of readers. All hashes are zero: readers do not compare them. */
import { concatenated, vectorV1 } from "./vectors.js";

export interface BlockSpec {
  readonly type: number;
  readonly flags?: number;
  readonly version?: number;
  /** The number at the end of a version 4 UUID; by default the block's position, from 1. */
  readonly uuid?: number;
  /** The number at the end of the parent's UUID; 0 for no parent. */
  readonly parent?: number;
  readonly payload?: Uint8Array;
}

/** V1's header, without its BlockCount, and these blocks. */
export function captureOf(blocks: readonly BlockSpec[]): Uint8Array {
  const header = vectorV1(0).slice(0, 64);
  header.set([0, 0, 0, 0], 0x39);
  return concatenated(header, ...blocks.map((block, i) => blockBytes(block, i + 1)));
}

export function blockBytes(
  { type, flags = 0, version = 1, uuid, parent = 0, payload = new Uint8Array(0) }: BlockSpec,
  position: number,
): Uint8Array {
  const block = new Uint8Array(80 + payload.length);
  const view = new DataView(block.buffer);
  block.set([0x4d, 0x53, 0x4c, 0x43]);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, block.length, true);
  view.setUint16(12, version, true);
  block.set(uuidBytes(uuid ?? position), 16);
  if (parent > 0) block.set(uuidBytes(parent), 32);
  block.set(payload, 80);
  return block;
}

export function uuidBytes(last: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[6] = 0x40;
  bytes[8] = 0x80;
  new DataView(bytes.buffer).setUint32(12, last);
  return bytes;
}

export function uuidText(last: number): string {
  return `00000000-0000-4000-8000-${last.toString(16).padStart(12, "0")}`;
}

export interface RegionSpec {
  readonly base: bigint;
  /** One state code for each page of 1,024 bytes. */
  readonly states: readonly number[];
  readonly time?: bigint;
  /** What the captured bytes are filled with. */
  readonly fill: number;
  /** Bytes of page data left out at the end. */
  readonly short?: number;
  readonly protection?: number;
}

export const PAGE = 1024;

export function regionPayload({ base, states, time = 0n, fill, short = 0, protection = 3 }: RegionSpec): Uint8Array {
  const mapBytes = Math.ceil(states.length / 4 / 8) * 8;
  const captured = states.filter((state) => state === 0).length;
  const payload = new Uint8Array(32 + mapBytes + captured * PAGE - short);
  const view = new DataView(payload.buffer);
  view.setBigUint64(0, base, true);
  view.setBigUint64(8, BigInt(states.length * PAGE), true);
  payload.set([protection, 5, 10], 16);
  view.setBigUint64(24, time, true);
  states.forEach((state, page) => {
    const at = 32 + (page >> 2);
    payload[at] = (payload[at] ?? 0) | (state << (6 - 2 * (page & 3)));
  });
  payload.fill(fill, 32 + mapBytes);
  return payload;
}

/** Pseudorandom bytes of which a third are zeros; the same bytes for the same seed. */
export function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = at % 96 < 32 ? 0 : state >>> 24;
  }
  return bytes;
}

const UUID_AT = 8;
const LIST_ENTRY_BYTES = 48;

/** The payload of a Module List Index with modules of 4 KiB, `/m` each, whose UUIDs end in `first` and the numbers behind it. */
export function moduleListPayload(count: number, first: number): Uint8Array {
  const payload = new Uint8Array(UUID_AT + count * LIST_ENTRY_BYTES);
  const view = new DataView(payload.buffer);
  view.setUint32(0, count, true);
  for (let i = 0, at = UUID_AT; i < count; i++, at += LIST_ENTRY_BYTES) {
    payload.set(uuidBytes(first + i), at);
    view.setBigUint64(at + 16, BigInt(i) * 4096n, true);
    view.setBigUint64(at + 24, 4096n, true);
    view.setUint16(at + 32, 3, true);
    payload.set([0x2f, 0x6d], at + 40);
  }
  return payload;
}

/** The payload of the Module Entry of module `i` of such an index. */
export function moduleEntryPayload(i: number): Uint8Array {
  const payload = new Uint8Array(72);
  const view = new DataView(payload.buffer);
  view.setBigUint64(0, BigInt(i) * 4096n, true);
  view.setBigUint64(8, 4096n, true);
  view.setUint16(16, 3, true);
  payload.set([0x2f, 0x6d], 24);
  return payload;
}
