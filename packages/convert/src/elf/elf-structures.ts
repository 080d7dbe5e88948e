/**
 * Headers of ELF files as structures, for 32 and 64 bits, and the machines that cores come from. Sources: System V ABI (gABI 4.1, chapters 4 and 5), elf.h,
 * elf(5) for PN_XNUM.
 */
import { bytes, Structure, type StructureField, type StructureOrder, u16, u32, u64 } from "../structures/structure.js";

export type ElfBits = 32 | 64;

/** An address, an offset or a size: 4 or 8 bytes. `set` cuts off bits above the 32nd: callers check. */
export const word =
  (bits: ElfBits) =>
  (at: number): StructureField<bigint> =>
    bits === 64
      ? u64(at)
      : {
          at,
          size: 4,
          get: (view, place, little) => BigInt(view.getUint32(place, little)),
          set: (view, place, value, little) => view.setUint32(place, Number(BigInt.asUintN(32, value)), little),
        };

const ELF_MAGIC = 0x7f454c46;
/** e_type of a core. */
export const ET_CORE = 4;
export const EV_CURRENT = 1;
/** Program headers of these types: memory, and notes. */
export const PT_LOAD = 1;
export const PT_NOTE = 4;
/** e_phnum of a file with this number of program headers or more: sh_info of section header 0 has the number. */
export const PN_XNUM = 0xffff;
/** p_flags, the bits of which are protections. */
export const ProgramFlag = { Execute: 1, Write: 2, Read: 4 } as const;

/** Places in e_ident. */
const EI_CLASS = 4;
const EI_DATA = 5;
const EI_VERSION = 6;
const EI_OSABI = 7;

type ProgramFields = Readonly<Record<"type" | "flags", StructureField<number>>> &
  Readonly<Record<"offset" | "vaddr" | "paddr" | "filesz" | "memsz" | "align", StructureField<bigint>>>;

/** Header, program headers and section headers of one class. */
export type ElfLayouts = ReturnType<typeof layoutsOf>;

function layoutsOf(bits: ElfBits) {
  const w = word(bits);
  const of = (in32: number, in64: number) => (bits === 32 ? in32 : in64);
  const program: ProgramFields =
    bits === 32
      ? { type: u32(0), offset: w(4), vaddr: w(8), paddr: w(12), filesz: w(16), memsz: w(20), flags: u32(24), align: w(28) }
      : { type: u32(0), flags: u32(4), offset: w(8), vaddr: w(16), paddr: w(24), filesz: w(32), memsz: w(40), align: w(48) };
  return {
    bits,
    header: new Structure(`Elf${bits}_Ehdr`, of(52, 64), {
      ident: bytes(0, 16),
      type: u16(16),
      machine: u16(18),
      version: u32(20),
      entry: w(24),
      phoff: w(of(28, 32)),
      shoff: w(of(32, 40)),
      flags: u32(of(36, 48)),
      ehsize: u16(of(40, 52)),
      phentsize: u16(of(42, 54)),
      phnum: u16(of(44, 56)),
      shentsize: u16(of(46, 58)),
      shnum: u16(of(48, 60)),
      shstrndx: u16(of(50, 62)),
    }),
    program: new Structure(`Elf${bits}_Phdr`, of(32, 56), program),
    section: new Structure(`Elf${bits}_Shdr`, of(40, 64), {
      name: u32(0),
      type: u32(4),
      flags: w(8),
      addr: w(of(12, 16)),
      offset: w(of(16, 24)),
      size: w(of(20, 32)),
      link: u32(of(24, 40)),
      info: u32(of(28, 44)),
      addralign: w(of(32, 48)),
      entsize: w(of(36, 56)),
    }),
  };
}

export const ELF: Readonly<Record<ElfBits, ElfLayouts>> = { 32: layoutsOf(32), 64: layoutsOf(64) };

/** The class and the byte order of a file that begins with `ident`; undefined for bytes that are no ELF file of a known class. */
export function identityOf(ident: Uint8Array): { readonly bits: ElfBits; readonly order: StructureOrder } | undefined {
  const view = new DataView(ident.buffer, ident.byteOffset, ident.byteLength);
  if (ident.length < 16 || view.getUint32(0) !== ELF_MAGIC) return undefined;
  const [fileClass, data] = [view.getUint8(EI_CLASS), view.getUint8(EI_DATA)];
  if ((fileClass !== 1 && fileClass !== 2) || (data !== 1 && data !== 2)) return undefined;
  return { bits: fileClass === 1 ? 32 : 64, order: data === 1 ? "little" : "big" };
}

/** EI_OSABI of captures of Linux and Android: lldb needs it, where no note with the owner LINUX tells the system. */
export const ELFOSABI_GNU = 3;

/** e_ident of a file of this class and byte order. `osAbi`: EI_OSABI, 0 for System V. */
export function identOf(bits: ElfBits, order: StructureOrder, osAbi: number): Uint8Array {
  const ident = new Uint8Array(16);
  new DataView(ident.buffer).setUint32(0, ELF_MAGIC);
  ident[EI_CLASS] = bits === 32 ? 1 : 2;
  ident[EI_DATA] = order === "little" ? 1 : 2;
  ident[EI_VERSION] = EV_CURRENT;
  ident[EI_OSABI] = osAbi;
  return ident;
}

/** An architecture in a file header of MSL, and in an ELF header. */
export interface ElfMachine {
  /** Code of `ARCH_TYPE`. */
  readonly archType: number;
  readonly machine: number;
  readonly bits: ElfBits;
  /** The byte order; undefined for processors that have both. */
  readonly order: StructureOrder | undefined;
}

const machine = (archType: number, code: number, bits: ElfBits, order?: StructureOrder): ElfMachine => ({
  ...{ archType, machine: code, bits, order },
});

export const EM_X86_64 = 62;

/** EM_386, EM_X86_64, EM_AARCH64, EM_ARM, EM_MIPS, EM_RISCV, EM_PPC, EM_PPC64, EM_S390, EM_LOONGARCH. */
export const ELF_MACHINES: readonly ElfMachine[] = [
  machine(0, 3, 32, "little"),
  machine(1, EM_X86_64, 64, "little"),
  machine(2, 183, 64, "little"),
  machine(3, 40, 32, "little"),
  machine(4, 8, 32),
  machine(5, 8, 64),
  machine(6, 243, 32, "little"),
  machine(7, 243, 64, "little"),
  machine(8, 20, 32, "big"),
  machine(9, 21, 64),
  machine(10, 22, 64, "big"),
  machine(11, 258, 64, "little"),
  // x32: pointers of 32 bits, and the registers of x86_64. Behind the row that exports take.
  machine(1, EM_X86_64, 32, "little"),
];
