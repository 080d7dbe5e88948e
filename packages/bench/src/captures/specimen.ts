/** A capture split into parts, so that a mutation can change one part and keep the framing around it intact. */

export interface Specimen {
  header: Uint8Array;
  /** Header and stored payload of each block; the last block may be truncated. */
  blocks: Uint8Array[];
  /** The bytes after the last block that was found. */
  tail: Uint8Array;
  /** The block that mutations of single blocks prefer. */
  focus?: Uint8Array | undefined;
}

/** Common block header (specification, block header): offsets in bytes from its magic. */
export const BLOCK = { type: 4, flags: 6, length: 8, payloadVersion: 12, reserved: 14, uuid: 16, parentUuid: 32, prevHash: 48 };
export const BLOCK_HEADER_BYTES = 80;
const HEADER_BYTES = 64;
const HEADER_SIZE_AT = 9;
const BLOCK_MAGIC = 0x434c534d;

export function dissect(bytes: Uint8Array): Specimen {
  const headerSize = Math.min(Math.max(bytes[HEADER_SIZE_AT] ?? 0, HEADER_BYTES), bytes.length);
  const blocks: Uint8Array[] = [];
  let at = headerSize;
  while (at + BLOCK_HEADER_BYTES <= bytes.length) {
    const header = viewOf(bytes.subarray(at));
    const length = header.getUint32(BLOCK.length, true);
    if (header.getUint32(0, true) !== BLOCK_MAGIC || length < BLOCK_HEADER_BYTES) break;
    blocks.push(bytes.slice(at, at + length));
    at = Math.min(at + length, bytes.length);
  }
  return { header: bytes.slice(0, headerSize), blocks, tail: bytes.slice(at) };
}

export function assemble({ header, blocks, tail }: Specimen): Uint8Array {
  return joined([header, ...blocks, tail]);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function blockType(block: Uint8Array): number {
  return viewOf(block).getUint16(BLOCK.type, true);
}

export function blockFlags(block: Uint8Array): number {
  return viewOf(block).getUint16(BLOCK.flags, true);
}

export function payloadOf(block: Uint8Array): Uint8Array {
  return block.subarray(BLOCK_HEADER_BYTES);
}

/** A copy of the block with another payload and a matching BlockLength. */
export function withPayload(block: Uint8Array, payload: Uint8Array, flags = blockFlags(block)): Uint8Array {
  const changed = joined([block.subarray(0, BLOCK_HEADER_BYTES), payload]);
  viewOf(changed).setUint32(BLOCK.length, changed.length, true);
  viewOf(changed).setUint16(BLOCK.flags, flags, true);
  return changed;
}
