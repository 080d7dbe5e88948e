/** Scalar block walk: one field at a time, by the table of the block header in the specification. */
export const HEADER_BYTES = 80;
const MAGIC = [0x4d, 0x53, 0x4c, 0x43];

export interface Block {
  offset: number;
  length: number;
  type: number;
  flags: number;
  payloadVersion: number;
  reserved: number;
  uuid: number[];
  parentUuid: number[];
}

/** The 80 bytes of a block's header; PrevHash is filled with 0xee. */
export function encodeHeader(block: Omit<Block, "offset">): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES).fill(0xee);
  bytes.set(MAGIC, 0x00);
  bytes.set(littleEndian(block.type, 2), 0x04);
  bytes.set(littleEndian(block.flags, 2), 0x06);
  bytes.set(littleEndian(block.length, 4), 0x08);
  bytes.set(littleEndian(block.payloadVersion, 2), 0x0c);
  bytes.set(littleEndian(block.reserved, 2), 0x0e);
  bytes.set(block.uuid, 0x10);
  bytes.set(block.parentUuid, 0x20);
  return bytes;
}

/** Walks `bytes`, which lie at `bytesOffset` in the file, from the header at `next`. */
export function walkHeaders(bytes: Uint8Array, bytesOffset: number, next: number) {
  const blocks: Block[] = [];
  for (let offset = next; ; ) {
    const header = bytes.subarray(offset - bytesOffset, offset - bytesOffset + HEADER_BYTES);
    if (header.length < HEADER_BYTES) return { blocks, next: offset, status: "more" };
    if (MAGIC.some((byte, i) => header[i] !== byte)) return { blocks, next: offset, status: "lost-framing" };
    const length = number(header.subarray(0x08, 0x0c));
    if (length < HEADER_BYTES) return { blocks, next: offset, status: "bad-length" };
    blocks.push({
      offset,
      length,
      type: number(header.subarray(0x04, 0x06)),
      flags: number(header.subarray(0x06, 0x08)),
      payloadVersion: number(header.subarray(0x0c, 0x0e)),
      reserved: number(header.subarray(0x0e, 0x10)),
      uuid: [...header.subarray(0x10, 0x20)],
      parentUuid: [...header.subarray(0x20, 0x30)],
    });
    offset += length;
  }
}

function littleEndian(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

function number(littleEndianBytes: Uint8Array): number {
  return littleEndianBytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
