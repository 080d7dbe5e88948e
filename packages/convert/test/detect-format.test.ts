import { describe, expect, it } from "vitest";
import { detectFormat } from "../src/detect-format.js";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

describe("detectFormat", () => {
  // First bytes as the headers of the formats define them; the ELF headers are those of files that gcore and gcc wrote.
  it.each([
    ["4d454d534c494345 01400101", "msl", "Memory Slice capture"],
    ["7f454c46 02010100 0000000000000000 0400 3e00", "elf-core", "ELF core, 64 bit, little-endian"],
    ["7f454c46 01020100 0000000000000000 0004 0014", "elf-core", "ELF core, 32 bit, big-endian"],
    ["7f454c46 02010100 0000000000000000 0300 3e00", "elf-other", "ELF file, 64 bit, little-endian"],
    ["7f454c46 05010100 0000000000000000 0400 3e00", "elf-other", "ELF file of an unknown class"],
    ["4d444d50 93a70000", "minidump", "Windows minidump"],
    ["cffaedfe 07000001 03000000 04000000", "mach-o-core", "Mach-O core, 64 bit, little-endian"],
    ["feedface 00000012 00000000 00000004", "mach-o-core", "Mach-O core, 32 bit, big-endian"],
    ["cffaedfe 07000001 03000000 02000000", "mach-o-other", "Mach-O file, 64 bit, little-endian"],
    ["454d694c 01000000", "lime", "LiME image of physical memory"],
    ["41564d4c 02000000", "avml", "AVML image of physical memory"],
    ["00000000 00000000", "raw", "raw bytes"],
    ["7f454c46", "raw", "raw bytes"],
    ["cffaedfe 0700", "raw", "raw bytes"],
    ["", "raw", "raw bytes"],
  ])("the first bytes %s are of the format %s", (head, format, words) => {
    expect(detectFormat(bytes(head))).toEqual({ format, words });
  });
});
