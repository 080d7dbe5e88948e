/** A sparse ELF core: segments of 4 GiB, of which the first bytes are memory-like and the rest is a hole in the file. The same on every run. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { memoryLike } from "../../captures/memory-like.js";

const GIB = 2 ** 30;
const SEGMENT_BYTES = 4 * GIB;
const CHUNK_BYTES = 16 * 2 ** 20;
const HEADER_BYTES = 4096;

/** Writes a core with segments of `gib` GiB in all, and `dataGib` GiB of content. */
export function writeSparseCore(path: string, gib: number, dataGib: number): void {
  const sizes = Array.from({ length: Math.ceil((gib * GIB) / SEGMENT_BYTES) }, (_, index) =>
    Math.min(SEGMENT_BYTES, gib * GIB - index * SEGMENT_BYTES),
  );
  const file = openSync(path, "w");
  try {
    writeSync(file, headers(sizes), 0);
    const bytes = memoryLike(CHUNK_BYTES);
    const chunks = Math.round((dataGib * GIB) / sizes.length / CHUNK_BYTES);
    let offset = HEADER_BYTES;
    for (const size of sizes) {
      for (let chunk = 0; chunk < chunks; chunk++) writeSync(file, bytes, 0, CHUNK_BYTES, offset + chunk * CHUNK_BYTES);
      offset += size;
    }
    ftruncateSync(file, offset);
  } finally {
    closeSync(file);
  }
}

/** Elf64_Ehdr and an Elf64_Phdr for each segment (System V ABI). */
function headers(sizes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 4, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, 64n, true);
  for (const [at, value] of [
    [52, 64],
    [54, 56],
    [56, sizes.length],
  ] as const)
    view.setUint16(at, value, true);
  let [offset, address] = [BigInt(HEADER_BYTES), 0x7f00_0000_0000n];
  for (const [index, size] of sizes.entries()) {
    const at = 64 + 56 * index;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 6, true);
    const fields = [offset, address, address, BigInt(size), BigInt(size), 4096n];
    for (const [field, value] of fields.entries()) view.setBigUint64(at + 8 + 8 * field, value, true);
    offset += BigInt(size);
    address += BigInt(size) + 4096n;
  }
  return bytes;
}
