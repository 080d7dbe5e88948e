/** An LZ4 frame around one raw block: independent blocks of up to 4 MiB, no checksums but that of the header, no content size. */
import { concat, hex } from "./samples.js";

const HEADER = hex("04224d18 60 70 73");
const END_MARK = new Uint8Array(4);

export function lz4Frame(block: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, block.length, true);
  return concat(HEADER, size, block, END_MARK);
}
