/**
 * Which format the first bytes of a file are in. Sources: System V ABI (e_ident), elf.h, minidumpapiset.h (signature MDMP), mach-o/loader.h (magic and
 * filetype), the headers of LiME and AVML (linux-memory images, 32 bytes before each range), the specification of captures (magic MEMSLICE).
 */

/** `lime` and `avml` are images of physical memory: no process can be imported from them. `raw`: none of the others. */
export type FormatName = "msl" | "elf-core" | "elf-other" | "minidump" | "mach-o-core" | "mach-o-other" | "lime" | "avml" | "raw";

export interface DetectedFormat {
  readonly format: FormatName;
  /** The format in words, with word size and byte order where the header states them: `ELF core, 64 bit, little-endian`. */
  readonly words: string;
}

/** Bytes that are enough for every format. */
export const FORMAT_HEAD_BYTES = 32;

const ET_CORE = 4;
const MH_CORE = 4;

/** Magic bytes at offset 0, in hexadecimal. */
const MAGICS: readonly (readonly [string, FormatName, string])[] = [
  ["4d454d534c494345", "msl", "Memory Slice capture"],
  ["4d444d50", "minidump", "Windows minidump"],
  ["454d694c", "lime", "LiME image of physical memory"],
  ["41564d4c", "avml", "AVML image of physical memory"],
];

/** Magic bytes of Mach-O, in hexadecimal: bits of a word, and the byte order. Fat files hold programs, not cores. */
const MACH_O_MAGICS: readonly (readonly [string, 32 | 64, boolean])[] = [
  ["cffaedfe", 64, true],
  ["feedfacf", 64, false],
  ["cefaedfe", 32, true],
  ["feedface", 32, false],
];

/** The format of a file that begins with `head`; a file shorter than a header is `raw`. `head`: the first bytes, `FORMAT_HEAD_BYTES` of them, or all of a shorter file. */
export function detectFormat(head: Uint8Array): DetectedFormat {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const start = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const [magic, format, words] of MAGICS) if (start.startsWith(magic)) return { format, words };
  if (start.startsWith("7f454c46") && head.length >= 18) return elf(view);
  const machO = MACH_O_MAGICS.find(([magic]) => start.startsWith(magic));
  if (machO && head.length >= 16) {
    const [, bits, littleEndian] = machO;
    const isCore = view.getUint32(12, littleEndian) === MH_CORE;
    return {
      format: isCore ? "mach-o-core" : "mach-o-other",
      words: described(isCore ? "Mach-O core" : "Mach-O file", bits, littleEndian),
    };
  }
  return { format: "raw", words: "raw bytes" };
}

function elf(view: DataView): DetectedFormat {
  const [fileClass, data] = [view.getUint8(4), view.getUint8(5)];
  if ((fileClass !== 1 && fileClass !== 2) || (data !== 1 && data !== 2))
    return { format: "elf-other", words: "ELF file of an unknown class" };
  const isCore = view.getUint16(16, data === 1) === ET_CORE;
  const kind = isCore ? "ELF core" : "ELF file";
  return { format: isCore ? "elf-core" : "elf-other", words: described(kind, fileClass === 1 ? 32 : 64, data === 1) };
}

function described(kind: string, bits: 32 | 64, littleEndian: boolean): string {
  return `${kind}, ${bits} bit, ${littleEndian ? "little" : "big"}-endian`;
}
