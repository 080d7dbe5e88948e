/** Writes Zstandard blocks field by field (RFC 8878), also blocks that no compressor would write. */
import { concat } from "./samples.js";

export interface Sequence {
  /** Codes with the values of their extra bits, as [value, number of bits]. */
  readonly offset: readonly [number, number];
  readonly match: readonly [number, number];
  readonly literals: readonly [number, number];
}

/** A frame without content size and checksum; window descriptor 0x00 is 1 KiB, 0x58 is 2 MiB. */
export function frame(windowDescriptor: number, ...blocks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const marked = blocks.map((block, i) => {
    const copy = Uint8Array.from(block);
    if (i === blocks.length - 1) copy[0] = (copy[0] ?? 0) | 1;
    return copy;
  });
  return concat(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, windowDescriptor), ...marked);
}

export function storedBlock(bytes: Uint8Array): Uint8Array {
  return concat(littleEndian(bytes.length << 3, 3), bytes);
}

export function compressedBlock(...content: Uint8Array[]): Uint8Array {
  const whole = concat(...content);
  return concat(littleEndian((whole.length << 3) | 4, 3), whole);
}

/** Literals that are `length` (below 4096) times the same byte. */
export function repeatedLiterals(byte: number, length: number): Uint8Array {
  return Uint8Array.of(...littleEndian(1 | (1 << 2) | (length << 4), 2), byte);
}

export function storedLiterals(bytes: Uint8Array): Uint8Array {
  const [sizeFormat, headerBytes] = bytes.length < 4096 ? [1, 2] : [3, 3];
  return concat(littleEndian((sizeFormat << 2) | (bytes.length << 4), headerBytes), bytes);
}

/** A sequences section whose three codes are the same in every sequence, so that states take no bits. */
export function sequences(codes: readonly [number, number, number], list: readonly Sequence[], modes = 0x54): Uint8Array {
  let bits = 1n;
  for (const { offset, match, literals } of list) {
    for (const [value, count] of [offset, match, literals]) bits = (bits << BigInt(count)) | BigInt(value);
  }
  return concat(Uint8Array.of(list.length, modes, ...codes), bytesOf(bits));
}

function bytesOf(bits: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = bits; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  return Uint8Array.from(bytes);
}

/** `value` may exceed 32 bits. */
export function littleEndian(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
