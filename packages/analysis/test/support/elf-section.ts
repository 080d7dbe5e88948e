/** A section of an ELF file of 64 bits, little-endian: machine code and data of a program that exists on the machine. */
import { closeSync, openSync, readSync } from "node:fs";

/** The bytes of the section, at most `most`; undefined if the file is no such ELF file or has no such section. */
export function elfSection(path: string, name: string, most: number): Uint8Array | undefined {
  const file = openSync(path, "r");
  const read = (length: number, position: number): DataView => {
    const bytes = new Uint8Array(length);
    readSync(file, bytes, 0, length, position);
    return new DataView(bytes.buffer);
  };
  try {
    const header = read(64, 0);
    if (header.getUint32(0) !== 0x7f454c46 || header.getUint16(4) !== 0x0201) return undefined;
    const size = header.getUint16(0x3a, true);
    const table = read(size * header.getUint16(0x3c, true), Number(header.getBigUint64(0x28, true)));
    const place = (index: number) =>
      [Number(table.getBigUint64(index * size + 24, true)), Number(table.getBigUint64(index * size + 32, true))] as const;
    const [namesAt, namesLength] = place(header.getUint16(0x3e, true));
    const names = Buffer.from(read(namesLength, namesAt).buffer);
    for (let index = 0; (index + 1) * size <= table.byteLength; index++) {
      const start = table.getUint32(index * size, true);
      if (names.toString("latin1", start, names.indexOf(0, start)) !== name) continue;
      const [at, length] = place(index);
      return new Uint8Array(read(Math.min(length, most), at).buffer);
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}
