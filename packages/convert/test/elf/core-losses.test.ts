/** What ELF cores have and captures have no field for: every fact is a register, or a sentence of the report. */
import { describe, expect, it } from "vitest";
import { auxvNote, elfCore, fileNote, joined, type Note, prStatusNote, psInfoNote, Words } from "../support/elf-core-builder.js";
import { imported, provenanceOf } from "../support/imported.js";

const words = new Words(64, "little");
const LOADS = [{ vaddr: 0x1000n, bytes: new Uint8Array(4096).fill(7) }];
const thread = (pid: number, signal = 0) => prStatusNote(words, pid, new Uint8Array(216), signal);

const lossesOf = async (...notes: Note[]) => (await imported(elfCore({ notes, loads: LOADS }))).report.lost;

/** Places of components in the standard form of XSAVE by processor: Intel SDM volume 1, 13.4.3 (CPUID leaf 0DH of Skylake and later); sys/x86 of gdb for AMD. */
const PROCESSORS = [
  ["Intel with AVX-512 and PKRU", 2696, 0x2e7n, { ymm: 576, k: 1088, zmm: 1152, hi16: 1664, pkru: 2688 }],
  ["AMD with AVX-512 and PKRU", 2440, 0x2e7n, { ymm: 576, k: 832, zmm: 896, hi16: 1408, pkru: 2432 }],
  ["AMD with PKRU alone", 968, 0x207n, { ymm: 576, pkru: 960 }],
  ["Intel with AVX-512 alone", 2688, 0xe7n, { ymm: 576, k: 1088, zmm: 1152, hi16: 1664 }],
  ["Intel with AMX", 11_008, 0x602e7n, { ymm: 576, k: 1088, zmm: 1152, hi16: 1664, pkru: 2688 }],
] as const;

interface Places {
  readonly ymm?: number;
  readonly k?: number;
  readonly zmm?: number;
  readonly hi16?: number;
  readonly pkru?: number;
}

/** An area in which byte `n` of a register has a value of its own: xmm 0x10, high half of ymm 0x20, of zmm 0x30, zmm16 and above 0x40, k 0x50, pkru 0x60, and the number of the register. */
function area(size: number, xcr0: bigint, { ymm, k, zmm, hi16, pkru }: Places, used = xcr0): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(words.u64(xcr0), 464);
  bytes.set(words.u64(used), 512);
  const rows = (at: number | undefined, count: number, width: number, tag: number) => {
    for (let index = 0; at !== undefined && index < count; index++)
      bytes.fill(tag + index, at + index * width, at + (index + 1) * width);
  };
  rows(160, 16, 16, 0x10);
  rows(ymm, 16, 16, 0x20);
  rows(zmm, 16, 32, 0x30);
  rows(hi16, 16, 64, 0x40);
  rows(k, 8, 8, 0x50);
  rows(pkru, 1, 4, 0x60);
  return bytes;
}

const xstate = (desc: Uint8Array): Note => ({ name: "LINUX", type: 0x202, desc });
const filled = (...parts: (readonly [value: number, count: number])[]) =>
  joined(...parts.map(([value, count]) => new Uint8Array(count).fill(value)));

async function registersOf(...notes: Note[]) {
  const { capture, report } = await imported(elfCore({ notes: [thread(5), ...notes], loads: LOADS }));
  const [found] = await capture.threads();
  const registers = new Map((await found?.registers())?.map(({ name, value }) => [name, value]));
  return { registers, lost: report.lost };
}

describe("the extended registers of x86", () => {
  it.each(PROCESSORS)("of %s stand where the size of the area says", async (_, size, xcr0, places) => {
    const { registers, lost } = await registersOf(xstate(area(size, xcr0, places, xcr0 & 0xffffn)));
    expect(registers.get("ymm3")).toEqual(filled([0x13, 16], [0x23, 16]));
    expect(registers.get("pkru")).toEqual("pkru" in places ? filled([0x60, 4]) : undefined);
    const is512 = "zmm" in places;
    expect(registers.get("zmm15")).toEqual(is512 ? filled([0x1f, 16], [0x2f, 16], [0x3f, 32]) : undefined);
    expect(registers.get("zmm16")).toEqual(is512 ? filled([0x40, 64]) : undefined);
    expect(registers.get("zmm31")).toEqual(is512 ? filled([0x4f, 64]) : undefined);
    expect(registers.get("k7")).toEqual(is512 ? filled([0x57, 8]) : undefined);
    expect(lost).toEqual([]);
  });

  it.each([
    ["x86, as gdb writes it", 32, 68, 3, 8],
    ["x86_64", 64, 216, 62, 16],
  ] as const)(
    "of the FXSAVE area are those of NT_X86_XSTATE if no other note has them: %s",
    async (_, bits, size, machine, count) => {
      const own = new Words(bits, "little");
      const bytes = area(832, 7n, { ymm: 576 });
      bytes.set([0x7f, 3], 0);
      bytes.set(words.u32(0x1f80), 24);
      bytes.fill(0x77, 32 + 16 * 7, 32 + 16 * 7 + 10);
      const notes = [prStatusNote(own, 5, new Uint8Array(size)), xstate(bytes)];
      const { capture } = await imported(elfCore({ bits, machine, notes, loads: LOADS }));
      const found = (await (await capture.threads())[0]?.registers()) ?? [];
      const of = (name: string) => found.filter((one) => one.name === name).map(({ value }) => value);
      expect([of("fctrl"), of("mxcsr"), of("st7")]).toEqual([
        [words.u32(0x37f).slice(0, 2)],
        [words.u32(0x1f80)],
        [filled([0x77, 10])],
      ]);
      expect(of(`xmm${count - 1}`)).toEqual([filled([0x10 + count - 1, 16])]);
    },
  );

  it("that are not in use are zero, whatever the area has there", async () => {
    const [, size, xcr0, places] = PROCESSORS[0];
    const { registers } = await registersOf(xstate(area(size, xcr0, places, 7n)));
    expect(registers.get("zmm1")).toEqual(filled([0x11, 16], [0x21, 16], [0, 32]));
    expect(registers.get("zmm17")).toEqual(new Uint8Array(64));
    expect(registers.get("k1")).toEqual(new Uint8Array(8));
  });

  it("stand where NT_X86_XSAVE_LAYOUT says, which follows the threads", async () => {
    // struct xfeat_component: type, size, offset, flags.
    const rows = [
      [2, 256, 576],
      [5, 64, 4000],
      [9, 8, 4064],
    ] as const;
    const layout = {
      name: "LINUX",
      type: 0x205,
      desc: joined(...rows.flatMap((row) => [...row, 0].map((value) => words.u32(value)))),
    };
    const { registers, lost } = await registersOf(xstate(area(4100, 0x227n, { ymm: 576, k: 4000, pkru: 4064 })), layout);
    expect(registers.get("k2")).toEqual(filled([0x52, 8]));
    expect(registers.get("pkru")).toEqual(filled([0x60, 4]));
    expect(lost).toEqual([]);
  });

  it("whose place in NT_X86_XSAVE_LAYOUT is too small, or lies behind the area, are told as lost", async () => {
    const rows = [
      [2, 128, 576],
      [5, 64, 0xffff_ffff],
      [9, 8, 960],
    ] as const;
    const layout = {
      name: "LINUX",
      type: 0x205,
      desc: joined(...rows.flatMap((row) => [...row, 0].map((value) => words.u32(value)))),
    };
    const { registers, lost } = await registersOf(xstate(area(1000, 0x227n, { ymm: 576, pkru: 960 })), layout);
    expect([registers.has("ymm0"), registers.has("k0"), registers.has("pkru")]).toEqual([false, false, true]);
    expect(lost).toEqual([
      "registers in NT_X86_XSTATE of 1 thread, whose place in 1000 bytes with XCR0 0x227 is not known: AVX, opmask",
    ]);
  });

  it("in an area of an unknown size are told as lost, if they are in use", async () => {
    const places = { ymm: 576, k: 1088 };
    const { registers, lost } = await registersOf(xstate(area(2700, 0x2e7n, places, 0x27n)));
    expect(registers.get("ymm3")).toEqual(filled([0x13, 16], [0x23, 16]));
    expect(registers.has("k0")).toBe(false);
    expect(lost).toEqual([
      "registers in NT_X86_XSTATE of 1 thread, whose place in 2700 bytes with XCR0 0x2e7 is not known: opmask",
    ]);
    expect((await registersOf(xstate(area(2700, 0x2e7n, places, 7n)))).lost).toEqual([]);
  });

  it("of a size that no register has are told as lost: the tiles of AMX", async () => {
    const { lost } = await registersOf(
      xstate(area(11_008, 0x602e7n, {}, 0x60000n)),
      thread(6),
      xstate(area(11_008, 0x602e7n, {}, 0n)),
    );
    expect(lost).toEqual([
      "extended states in NT_X86_XSTATE of 2 threads, for which there are no registers: XTILECFG, XTILEDATA",
    ]);
  });
});

describe("facts of a core without a field", () => {
  it("of NT_AUXV are named with their values in one sentence, but those that the capture has", async () => {
    const entries = [
      [6, 4096n],
      [25, 0x7ffe00n],
      [16, 0xbfebn],
      [11, 1000n],
      [33, 0x5000n],
      [99, 1n],
    ] as const;
    expect(await lossesOf(auxvNote(words, entries))).toEqual([
      "NT_AUXV, 4 entries: AT_RANDOM 0x7ffe00, AT_HWCAP 0xbfeb, AT_UID 1000, type 99 0x1",
    ]);
  });

  it("of NT_PRPSINFO are told, and the name where the command line has another", async () => {
    const note = psInfoNote(words, { pid: 9, ppid: 3, sid: 2, args: "tool --all" });
    // pr_state 0, pr_sname 1, pr_nice 3, pr_flag 8, pr_uid 16, pr_gid 20, pr_pgrp 32.
    const desc = note.desc.slice();
    desc.set([2, 0x44, 0, 0xf6], 0);
    desc.set(words.u64(0x400600n), 8);
    desc.set(joined(words.u32(1000), words.u32(100)), 16);
    desc.set(words.u32(77), 32);
    expect(await lossesOf({ ...note, desc })).toEqual([
      'NT_PRPSINFO: state D, nice -10, flags 0x400600, user 1000, group 100, process group 77, name "tool --all"',
    ]);
  });

  it("of NT_PRSTATUS are counted", async () => {
    // pr_sigpend 16, pr_sighold 24, pr_utime 48.
    const busy = thread(2, 11);
    busy.desc.set(words.u64(1n), 24);
    busy.desc.set(words.u64(5n), 48);
    expect(await lossesOf(thread(1, 6), busy)).toEqual([
      "NT_PRSTATUS: the last signal of 2 threads, 6 of the first, blocked signals of 1 thread, processor times of 1 thread",
    ]);
  });

  // siginfo_t: si_signo 0, si_errno 4, si_code 8, then si_addr, or si_pid and si_uid, at 16.
  const signal = (number: number, code: number, ...more: number[]): Note => {
    const head = [number, 0, code >>> 0, 0, ...more].map((value) => words.u32(value));
    return { name: "CORE", type: 0x53494749, desc: joined(...head, new Uint8Array(128 - 4 * head.length)) };
  };

  it("of NT_SIGINFO are not read for processors that order it in another way", async () => {
    // MIPS has si_code before si_errno: 11, code 1, address 0x1234.
    const own = new Words(64, "big");
    const desc = joined(...[11, 1, 0, 0, 0, 0x1234].map((value) => own.u32(value)), new Uint8Array(104));
    const notes = [prStatusNote(own, 5, new Uint8Array(360)), { name: "CORE", type: 0x53494749, desc }];
    const { report } = await imported(elfCore({ order: "big", machine: 8, notes, loads: LOADS }));
    expect(report.lost).toContain("notes that a capture has no place for: CORE 0x53494749 (128 bytes)");
    expect(report.lost.join()).not.toContain("the signal of thread");
  });

  it("of NT_SIGINFO that a sentence does not hold are counted", async () => {
    // SIGSYS of a filter: si_call_addr, si_syscall, si_arch; SIGTRAP of a step: si_addr; a second signal of a thread.
    const info = (number: number, code: number, ...union: number[]): Note => ({
      ...{ name: "CORE", type: 0x53494749 },
      desc: joined(...[number, 0, code, 0, ...union].map((value) => words.u32(value)), new Uint8Array(112 - 4 * union.length)),
    });
    const lost = await lossesOf(
      thread(5),
      info(31, 1, 0x1234, 0, 59, 0xc000003e),
      thread(6),
      info(5, 2, 0x4000),
      info(11, 1, 0x10),
    );
    expect(lost).toContain("other fields of siginfo_t than these, notes NT_SIGINFO that have some: 2");
    expect(lost).toContain("signals of threads that have another one: 1");
  });

  it("of NT_SIGINFO are told of every thread, in one sentence for all", async () => {
    const threads = Array.from({ length: 1000 }, (_, index) => [thread(index + 10), signal(19, -6, 4, 1000)]).flat();
    expect(await lossesOf(thread(1), signal(11, 1, 0x10), ...threads)).toEqual([
      "the signals of 1001 threads, for which a capture has no field: thread 1: 11, code 1, address 0x10; threads 10 to 1009: 19, code -6, from process 4 of user 1000",
    ]);
    expect(await lossesOf(thread(1), signal(0, 0), thread(2), signal(5, 1, 0x10))).toEqual([
      "the signal of thread 2, for which a capture has no field: 5, code 1",
      "other fields of siginfo_t than these, notes NT_SIGINFO that have some: 1",
    ]);
  });

  it("in notes that are not read are told by owner, type and size", async () => {
    const gdb = { name: "GDB", type: 0xff000000, desc: new Uint8Array(100) };
    const odd = { name: "\u001b[31m", type: 1, desc: new Uint8Array(3) };
    const many = Array.from({ length: 3000 }, (_, type) => ({ name: "X", type, desc: new Uint8Array(0) }));
    expect(await lossesOf(gdb, odd, gdb, { name: "LINUX", type: 0x200, desc: new Uint8Array(16) })).toEqual([
      'notes that a capture has no place for: GDB 0xff000000 (2 notes, 200 bytes), "\\u001b[31m" 0x1 (3 bytes), LINUX 0x200 (16 bytes)',
    ]);
    const [sentence, ...others] = await lossesOf(...many);
    expect(sentence).toMatch(/^notes that a capture has no place for: X 0x0 \(0 bytes\), .*, 2988 of other kinds$/);
    expect(others).toEqual([]);
  });

  it("in NT_FILE of one file are told in the singular", async () => {
    const lost = await lossesOf(fileNote(words, [{ start: 0x1000n, end: 0x2000n, page: 0n, path: "/data/a.db" }]));
    expect(lost).toContain('the paths of 1 file that is no module (1 mapping): "/data/a.db"');
  });

  it("of NT_AUXV are told to the last digit where the page size is none", async () => {
    const { report } = await imported(elfCore({ notes: [auxvNote(words, [[6, 2n ** 64n - 1n]])], loads: LOADS }));
    expect(report.assumed).toContain("page size 4096: AT_PAGESZ says 18446744073709551615");
  });

  it("in NT_FILE are told by count and first names, and stand in the Note", async () => {
    const paths = ["/data/a.db", "/memfd:key (deleted)", "/data/a.db", "/SYSV00000000 (deleted)"];
    const mappings = paths.map((path, index) => ({
      start: BigInt(index + 1) << 12n,
      end: BigInt(index + 2) << 12n,
      page: 1n,
      path,
    }));
    const { capture, report } = await imported(elfCore({ notes: [fileNote(words, mappings)], loads: LOADS }));
    const sentence =
      'the paths of 3 files that are no modules (4 mappings): "/data/a.db", "/memfd:key (deleted)", "/SYSV00000000 (deleted)"';
    expect([report.modules, report.lost]).toEqual([0, [sentence]]);
    expect((await provenanceOf(capture)).note).toContain(`lost: ${sentence}`);
  });

  it("in NT_FILE of 66,000 files are one sentence", async () => {
    const mappings = Array.from({ length: 66_000 }, (_, index) => {
      const start = BigInt(index + 1) << 12n;
      return { start, end: start + 4096n, page: 0n, path: `/d/${index}` };
    });
    expect(await lossesOf(fileNote(words, mappings))).toEqual([
      'the paths of 65536 or more files that are no modules (66000 mappings): "/d/0", "/d/1", "/d/2", "/d/3", "/d/4", "/d/5" and 65530 more',
    ]);
  });
});

it("the path that a program was started by stands in Process Identity where no module is the program", async () => {
  const memory = new Uint8Array(4096);
  memory.set(Buffer.from("/opt/tool\0"), 0x100);
  const core = elfCore({
    notes: [psInfoNote(words, { pid: 9, ppid: 3, sid: 2, args: "tool" }), auxvNote(words, [[31, 0x1100n]])],
    loads: [{ vaddr: 0x1000n, bytes: memory }],
  });
  const { capture, report } = await imported(core);
  expect((await capture.blocks.at(1).decode()).payload).toMatchObject({ kind: "ProcessIdentity", exePath: "/opt/tool" });
  expect(report.assumed).toContain("the path of the program is the one that it was started by (AT_EXECFN)");
});
