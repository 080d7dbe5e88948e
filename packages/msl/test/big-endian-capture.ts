/** A big-endian capture, as drafts of 1.0 allowed. */
import { blake3 } from "@noble/hashes/blake3.js";
import { uuidBytes } from "./build-capture.js";
import { concatenated } from "./vectors.js";

/** Drafts of 1.0 allowed big-endian integers. No writer of such captures is known, so this capture is assembled by the drafts. */
export function bigEndianCapture(): Uint8Array {
  const header = new Uint8Array(64);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode("MEMSLICE"));
  header.set([2, 64], 8);
  view.setUint16(0x0a, 0x0100);
  view.setBigUint64(0x10, 0x101n);
  header.set(uuidBytes(99), 0x18);
  view.setBigUint64(0x28, 1_700_000_000_000_000_000n);
  view.setUint16(0x30, 1);
  view.setUint16(0x32, 9);
  view.setUint32(0x34, 4242);
  let previous: Uint8Array = header;
  const block = (type: number, payload: Uint8Array) => {
    const bytes = new Uint8Array(80 + payload.length);
    const fields = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode("MSLC"));
    fields.setUint16(4, type);
    fields.setUint32(8, bytes.length);
    fields.setUint16(12, 1);
    bytes.set(uuidBytes(type), 16);
    bytes.set(blake3(previous), 48);
    bytes.set(payload, 80);
    previous = bytes;
    return bytes;
  };
  const identity = new Uint8Array(32);
  new DataView(identity.buffer).setUint32(0, 7);
  new DataView(identity.buffer).setUint16(16, 8);
  identity.set(new TextEncoder().encode("/bin/ls\0"), 24);
  // Two pages of 1,024 bytes, captured and failed.
  const region = new Uint8Array(40 + 1024).fill(0xaa, 40);
  const fields = new DataView(region.buffer);
  fields.setBigUint64(0, 0x400000n);
  fields.setBigUint64(8, 2048n);
  region.set([5, 3, 10], 16);
  region[32] = 0x10;
  const blocks = concatenated(header, block(0x40, identity), block(1, region));
  return concatenated(blocks, block(0xfff, concatenated(blake3(blocks), new Uint8Array(16))));
}
