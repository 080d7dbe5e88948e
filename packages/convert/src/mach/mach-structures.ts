/**
 * Mach-O files as structures: header, load commands, and the notes that lldb writes into cores. Sources: mach-o/loader.h (mach_header, segment_command, note_command),
 * mach/machine.h (CPU types); ObjectFileMachO.cpp of lldb for the content of notes.
 */
import { bytes, Structure, u32, u64 } from "../structures/structure.js";

export const MACH_HEADER = {
  32: new Structure("mach_header", 28, {
    magic: u32(0),
    cputype: u32(4),
    filetype: u32(12),
    ncmds: u32(16),
    sizeofcmds: u32(20),
  }),
  64: new Structure("mach_header_64", 32, {
    magic: u32(0),
    cputype: u32(4),
    filetype: u32(12),
    ncmds: u32(16),
    sizeofcmds: u32(20),
  }),
} as const;

/** filetype: a program, a core, a library, the dynamic linker. */
export const FileType = { Execute: 2, Core: 4, Dylib: 6, Dylinker: 7 } as const;
export const MH_MAGIC = 0xfeedface;
export const MH_MAGIC_64 = 0xfeedfacf;

export const Command = { Segment: 1, Thread: 4, IdDylib: 0xd, IdDylinker: 0xf, Segment64: 0x19, Uuid: 0x1b, Note: 0x31 } as const;
/** The highest bit of a command says that a loader has to understand it. */
export const REQUIRED = 0x8000_0000;

export const LOAD_COMMAND = new Structure("load_command", 8, { cmd: u32(0), cmdsize: u32(4) });
/** segment_command has words of 4 bytes; their 32 bits are read into numbers. */
export const SEGMENT = new Structure("segment_command", 56, {
  segname: bytes(8, 16),
  ...{
    vmaddr: u32(24),
    vmsize: u32(28),
    fileoff: u32(32),
    filesize: u32(36),
    maxprot: u32(40),
    initprot: u32(44),
    flags: u32(52),
  },
});
export const SEGMENT_64 = new Structure("segment_command_64", 72, {
  segname: bytes(8, 16),
  ...{
    vmaddr: u64(24),
    vmsize: u64(32),
    fileoff: u64(40),
    filesize: u64(48),
    maxprot: u32(56),
    initprot: u32(60),
    flags: u32(68),
  },
});
export const NOTE = new Structure("note_command", 40, { dataOwner: bytes(8, 16), offset: u64(24), size: u64(32) });

/** "main bin spec": the program that ran. Version 2 has its slide between address and UUID, and may end before the platform. */
export const MAIN_BIN_SPEC = {
  1: new Structure("main_bin_spec (1)", 36, {
    version: u32(0),
    type: u32(4),
    address: u64(8),
    uuid: bytes(16, 16),
    pageLog2: u32(32),
  }),
  2: new Structure("main_bin_spec (2)", 48, {
    version: u32(0),
    type: u32(4),
    address: u64(8),
    slide: u64(16),
    uuid: bytes(24, 16),
    pageLog2: u32(40),
    platform: u32(44),
  }),
} as const;
/** "all image infos": where the list of images is, and an image of it. Offsets are those in the core. */
export const IMAGE_INFOS = new Structure("all_image_infos_header", 24, {
  version: u32(0),
  imgcount: u32(4),
  entriesOffset: u64(8),
  entrySize: u32(16),
});
export const IMAGE_INFO = new Structure("image_entry", 48, {
  filepathOffset: u64(0),
  uuid: bytes(8, 16),
  loadAddress: u64(24),
  segAddrsOffset: u64(32),
  segmentCount: u32(40),
  executing: u32(44),
});
export const SEGMENT_ADDRESS = new Structure("segment_vmaddr", 32, { segname: bytes(0, 16), vmaddr: u64(16) });
/** "load binary", packed; the name of the image follows. */
export const LOAD_BINARY = new Structure("load_binary", 36, {
  version: u32(0),
  uuid: bytes(4, 16),
  loadAddress: u64(20),
  slide: u64(28),
});
/** "addrable bits": how many bits of a pointer are an address. */
export const ADDRABLE_BITS = new Structure("addressable_bits", 16, { version: u32(0), low: u32(4), high: u32(8) });

/** cputype to the code of `ARCH_TYPE`. */
export const CPU_TYPES: ReadonlyMap<number, number> = new Map([
  [7, 0],
  [0x0100_0007, 1],
  [0x0100_000c, 2],
  [12, 3],
  [18, 8],
  [0x0100_0012, 9],
]);

/** A text in a field of fixed size: up to its first NUL. */
export function fieldText(field: Uint8Array): string {
  const nul = field.indexOf(0);
  return String.fromCharCode(...(nul < 0 ? field : field.subarray(0, nul)));
}
