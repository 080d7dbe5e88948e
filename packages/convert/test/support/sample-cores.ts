/**
 * The ELF and Mach-O cores of fixtures/dumps, made field by field: few and small, with a part of everything that importers read. The fuzzer mutates them; the test beside
 * holds the files to these functions.
 */
import { auxvNote, elfCore, fileNote, joined, prStatusNote, psInfoNote, Words } from "./elf-core-builder.js";
import {
  addressableBits,
  armState,
  dylibImage,
  imageInfos,
  machCore,
  mainBinSpec,
  processMetadata,
  state,
  x86State,
} from "./mach-core-builder.js";

const page = (value: number, length = 4096) => new Uint8Array(length).fill(value);
const UUID = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

/** Two threads, one of which crashed; a program in memory, a file that was left out, and a segment of which the core has a part. */
function x64(): Uint8Array {
  const words = new Words(64, "little");
  const registers = joined(...Array.from({ length: 27 }, (_, index) => words.u64(0x1000n + BigInt(index))));
  const image = page(0);
  image.set(elfCore({ type: 3, notes: [{ name: "GNU", type: 3, desc: page(0xab, 20) }] }));
  const siginfo = joined(words.u32(11), words.u32(0), words.u32(1), words.u32(0), words.u64(16n), page(0, 104));
  const counting = (length: number) => Uint8Array.from({ length }, (_, at) => at & 0xff);
  return elfCore({
    notes: [
      prStatusNote(words, 4711, registers, 11),
      psInfoNote(words, { pid: 4711, ppid: 3, sid: 2, args: "tool --with arguments" }),
      { name: "CORE", type: 0x53494749, desc: siginfo },
      auxvNote(words, [
        [6, 4096n],
        [9, 0x400080n],
        [25, 0x7ff000000100n],
      ]),
      fileNote(words, [
        { start: 0x400000n, end: 0x402000n, page: 0n, path: "/bin/tool" },
        { start: 0x500000n, end: 0x503000n, page: 2n, path: "/usr/share/data" },
      ]),
      { name: "CORE", type: 2, desc: counting(512) },
      prStatusNote(words, 4712, registers),
      { name: "LINUX", type: 0x202, desc: counting(832) },
    ],
    loads: [
      { vaddr: 0x400000n, bytes: image, flags: 5 },
      { vaddr: 0x401000n, bytes: page(2), flags: 6 },
      { vaddr: 0x500000n, memsz: 0x3000n, flags: 4 },
      { vaddr: 0x600000n, bytes: page(3, 5000), memsz: 0x4000n },
      { vaddr: 0x7ff000000000n, bytes: page(4, 8192) },
    ],
  });
}

/** The number of program headers is in section header 0; pages of 64 KiB. */
function arm64BigEndian(): Uint8Array {
  const words = new Words(64, "big");
  return elfCore({
    ...{ order: "big", machine: 183, extended: true },
    notes: [
      prStatusNote(words, 9, joined(...Array.from({ length: 34 }, (_, index) => words.u64(BigInt(index))))),
      auxvNote(words, [[6, 65536n]]),
      fileNote(words, [{ start: 0x10000n, end: 0x20000n, page: 0n, path: "/lib/libc.so" }], 65536n),
    ],
    loads: [
      { vaddr: 0x10000n, memsz: 0x10000n, flags: 5 },
      { vaddr: 0x30000n, bytes: page(5, 3000) },
    ],
  });
}

/** 32 bits, up to the end of its address space. */
function x86(): Uint8Array {
  const words = new Words(32, "little");
  return elfCore({
    ...{ bits: 32, machine: 3 },
    notes: [prStatusNote(words, 8, joined(...Array.from({ length: 17 }, (_, index) => words.u32(index))))],
    loads: [
      { vaddr: 0x8048000n, bytes: page(6), flags: 5 },
      { vaddr: 0xfffff000n, bytes: page(7) },
    ],
  });
}

/** With all notes of lldb. */
function macosX64(): Uint8Array {
  return machCore({
    segments: [
      { vmaddr: 0x100000000n, bytes: dylibImage(0x100000000n, UUID, "/usr/lib/liba.dylib"), initprot: 5 },
      { vmaddr: 0x100001000n, bytes: page(2), initprot: 3 },
      { vmaddr: 0x7fff00000000n, vmsize: 0x3000n, bytes: page(3, 5000) },
    ],
    threads: [joined(x86State(0x1000n), state(6, page(1, 16))), x86State(0x2000n)],
    notes: [
      ["main bin spec", mainBinSpec(0x100000000n, 12)],
      ["process metadata", processMetadata([1234n, 77n])],
      ["all image infos", imageInfos([{ base: 0x100000000n, path: "/opt/tool", uuid: UUID }])],
      ["addrable bits", addressableBits(47)],
    ],
  });
}

/** Without notes. */
function macosArm64(): Uint8Array {
  return machCore({
    ...{ cputype: 0x0100000c, threads: [armState(0x4000n)] },
    segments: [{ vmaddr: 0x180000000n, bytes: dylibImage(0x180000000n, UUID, "/usr/lib/libb.dylib"), initprot: 5 }],
  });
}

/** By the names of their files. */
export const SAMPLE_CORES: Readonly<Record<string, () => Uint8Array>> = {
  "x64.core": x64,
  "arm64-big-endian.core": arm64BigEndian,
  "x86.core": x86,
  "macos-x64.core": macosX64,
  "macos-arm64.core": macosArm64,
};
