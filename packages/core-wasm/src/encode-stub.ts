/** Stand-in encoders: valid Zstandard frames and LZ4 blocks that save bytes only where one byte is repeated. */

const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** Frame_Content_Size of 8 bytes, single segment. */
const ZSTD_DESCRIPTOR = 0xe0;
const ZSTD_BLOCK_MOST = 128 * 1024;
const RAW_BLOCK = 0;
const RLE_BLOCK = 1;
/** RFC 8878: Block_Maximum_Size is the smaller of window and 128 KiB, and of a single segment the window is the content. */
const ZSTD_HEADER_BYTES = 13;

export type ZstdLevel = "fast" | "default";

/** A Zstandard frame that holds `bytes`. */
export function encodeZstd(bytes: Uint8Array, _level: ZstdLevel): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / ZSTD_BLOCK_MOST));
  const frame = new Uint8Array(ZSTD_HEADER_BYTES + 3 * blocks + bytes.length);
  frame.set(ZSTD_MAGIC);
  frame[4] = ZSTD_DESCRIPTOR;
  new DataView(frame.buffer).setBigUint64(5, BigInt(bytes.length), true);
  let at = ZSTD_HEADER_BYTES;
  for (let block = 0; block < blocks; block++) {
    const content = bytes.subarray(block * ZSTD_BLOCK_MOST, (block + 1) * ZSTD_BLOCK_MOST);
    const repeated = content.length > 0 && content.every((byte) => byte === content[0]);
    const header = (content.length << 3) | ((repeated ? RLE_BLOCK : RAW_BLOCK) << 1) | Number(block === blocks - 1);
    const stored = repeated ? content.subarray(0, 1) : content;
    frame.set([header & 0xff, (header >> 8) & 0xff, header >> 16], at);
    frame.set(stored, at + 3);
    at += 3 + stored.length;
  }
  return frame.slice(0, at);
}

/** An LZ4 block that holds `bytes` as one run of literals. */
export function encodeLz4Block(bytes: Uint8Array): Uint8Array {
  const extra =
    bytes.length < 15 ? [] : [...new Array(Math.floor((bytes.length - 15) / 255)).fill(255), (bytes.length - 15) % 255];
  const block = new Uint8Array(1 + extra.length + bytes.length);
  block[0] = Math.min(15, bytes.length) << 4;
  block.set(extra, 1);
  block.set(bytes, 1 + extra.length);
  return block;
}
