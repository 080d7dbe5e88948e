/** Cores that the kernel, gcore and gdb write of a threaded program, against what readelf, eu-readelf and gdb say about them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { areInstalled } from "../export/installed.js";
import { type Imported, imported, provenanceOf } from "../support/imported.js";
import { ThreadedProgram } from "../support/threaded-program.js";

const run = (program: string, ...options: readonly string[]) =>
  execFileSync(program, options, { encoding: "utf8", maxBuffer: 2 ** 26, stdio: ["ignore", "pipe", "ignore"] });

interface Segment {
  readonly offset: number;
  readonly address: bigint;
  readonly filesz: number;
  readonly memsz: number;
  readonly flags: string;
}

/** PT_LOAD as `readelf -lW` prints them. */
function segmentsOf(core: string): Segment[] {
  const line = /^ +LOAD +(0x\w+) (0x\w+) 0x\w+ (0x\w+) (0x\w+) ([R ][W ][E ])/;
  return run("readelf", "-lW", core)
    .split("\n")
    .flatMap((text) => {
      const [, offset = "", address = "", filesz = "", memsz = "", flags = ""] = line.exec(text) ?? [];
      return offset === ""
        ? []
        : [{ offset: Number(offset), address: BigInt(address), filesz: Number(filesz), memsz: Number(memsz), flags }];
    });
}

/** Mappings of NT_FILE as `eu-readelf -n` prints them: start-end offset size path. */
function mappingsOf(core: string): { start: bigint; end: bigint; offset: bigint; path: string }[] {
  const line = /^ +([0-9a-f]+)-([0-9a-f]+) ([0-9a-f]+) \d+ +(\/.*)$/;
  return run("eu-readelf", "-n", core)
    .split("\n")
    .flatMap((text) => {
      const [, start = "", end = "", offset = "", path = ""] = line.exec(text) ?? [];
      return path === "" ? [] : [{ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), offset: BigInt(`0x${offset}`), path }];
    });
}

/** Registers of each thread by its id, as gdb prints them: hexadecimal values alone. */
function registersByGdb(program: string, core: string): Map<number, Map<string, bigint>> {
  const text = run(
    "gdb",
    "-nx",
    "-batch",
    "-iex",
    "set debuginfod enabled off",
    program,
    core,
    "-ex",
    "thread apply all info registers",
  );
  const threads = new Map<number, Map<string, bigint>>();
  let registers = new Map<string, bigint>();
  for (const line of text.split("\n")) {
    const thread = /^Thread \d+ \((?:Thread .*LWP (\d+)\)?|LWP (\d+))/.exec(line);
    if (thread) {
      registers = new Map();
      threads.set(Number(thread[1] ?? thread[2]), registers);
    }
    const register = /^(\w+) +(0x[0-9a-f]+|\d+)\b/.exec(line);
    if (register) registers.set(register[1] ?? "", BigInt(register[2] ?? 0));
  }
  return threads;
}

const isElf = (path: string) => readFileSync(path).subarray(0, 4).toString("latin1") === "\x7fELF";

const little = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);

const PROGRAMS = ["gcc", "gdb", "gcore", "prlimit", "readelf", "eu-readelf"];
const has32 = areInstalled(...PROGRAMS) && (process.env["CI"] !== undefined || existsSync("/usr/lib32/libc.so.6"));

describe.skipIf(!areInstalled(...PROGRAMS)).each([
  ["64 bit, by the kernel", [], "byKernel"],
  ["64 bit, by gcore", [], "byGcore"],
  ["64 bit, by generate-core-file of gdb", [], "byGdb"],
  ...(has32
    ? ([
        ["32 bit, by the kernel", ["-m32"], "byKernel"],
        ["32 bit, by gcore", ["-m32"], "byGcore"],
      ] as const)
    : []),
] as const)("a core of a threaded program, %s", (_, options, writer) => {
  let program: ThreadedProgram;
  let core = "";
  let made: Imported;
  const is32 = options.length > 0;

  beforeAll(async () => {
    program = new ThreadedProgram(...options);
    core = await program[writer]();
    made = await imported(core);
  }, 120_000);
  afterAll(() => program?.remove());

  it("has every byte of every segment at its address", async () => {
    const file = readFileSync(core);
    const segments = segmentsOf(core).filter(({ filesz }) => filesz > 0);
    expect(segments.length).toBeGreaterThan(5);
    for (const { offset, address, filesz } of segments) {
      const read = await made.capture.memory.read(address, filesz);
      expect(read.complete).toBe(true);
      expect(Buffer.compare(read.bytes(), file.subarray(offset, offset + filesz))).toBe(0);
    }
    expect(Number(made.report.pages.captured.bytes)).toBe(segments.reduce((sum, { filesz }) => sum + filesz, 0));
  });

  it("has a region for each segment, with its protection, and pages that were left out are unmapped in files and failed elsewhere", async () => {
    const segments = segmentsOf(core);
    const regions = await made.capture.regions();
    expect(regions.map(({ baseAddr, regionSize, head }) => [baseAddr, regionSize, head.protection])).toEqual(
      segments.map(({ address, memsz, flags }) => [
        address,
        BigInt(memsz),
        (flags[0] === "R" ? 1 : 0) | (flags[1] === "W" ? 2 : 0) | (flags[2] === "E" ? 4 : 0),
      ]),
    );
    const mappings = mappingsOf(core);
    let left = 0;
    for (const { address, filesz, memsz } of segments) {
      if (filesz === memsz) continue;
      const inFile = mappings.some(({ start, end }) => address >= start && address < end);
      const read = await made.capture.memory.read(address + BigInt(filesz), memsz - filesz);
      expect(read.segments.map(({ state }) => state)).toEqual([inFile ? "unmapped" : "failed"]);
      left += memsz - filesz;
    }
    expect(Number(made.report.pages.failed.bytes + made.report.pages.unmapped.bytes)).toBe(left);
  });

  it("has the ELF images of NT_FILE as modules, with the build ids of their files", async () => {
    const bases = new Map<string, bigint>();
    const ends = new Map<string, bigint>();
    for (const { start, end, offset, path } of mappingsOf(core)) {
      // The program maps its own first page a second time: that copy is a module of its own for nobody but the loader.
      if (offset === 0n && !bases.has(path)) bases.set(path, start);
      ends.set(path, end);
    }
    const modules = await made.capture.modules();
    const files = modules.filter(({ path }) => path !== "[vdso]");
    expect(new Set(files.map(({ path }) => path))).toEqual(new Set([...bases.keys()].filter(isElf)));
    for (const { path, baseAddr, entry } of files) {
      const said = /Build ID: ([0-9a-f]+)/.exec(run("readelf", "-nW", path))?.[1];
      if (path !== program.path) expect([path, baseAddr]).toEqual([path, bases.get(path)]);
      if (said !== undefined)
        expect(Buffer.from(entry?.nativeBlob ?? []).toString("hex")).toBe(`${(said.length / 2).toString(16)}040000${said}`);
    }
    const program_ = files.find(({ path }) => path === program.path);
    expect(Buffer.from((await made.capture.memory.read(program_?.baseAddr ?? 0n, 4)).bytes()).toString("latin1")).toBe("\x7fELF");
  });

  it("has the threads and general registers that gdb shows", async () => {
    const expected = registersByGdb(program.path, core);
    const threads = await made.capture.threads();
    expect(threads.length).toBe(3);
    expect(new Set(threads.map(({ id }) => Number(id)))).toEqual(new Set(expected.keys()));
    const counted = run("eu-readelf", "-n", core).match(/ PRSTATUS$/gm)?.length;
    expect(threads.length).toBe(counted);
    for (const thread of threads) {
      const registers = await thread.registers();
      const byGdb = expected.get(Number(thread.id)) ?? new Map<string, bigint>();
      const names = is32
        ? ["eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "eflags", "cs", "ss", "gs"]
        : [
            "rax",
            "rbx",
            "rcx",
            "rdx",
            "rsi",
            "rdi",
            "rbp",
            "rsp",
            "r8",
            "r9",
            "r10",
            "r11",
            "r12",
            "r13",
            "r14",
            "r15",
            "rip",
            "eflags",
            "cs",
            "ss",
          ];
      for (const name of names) {
        const value = registers.find((register) => register.name === name)?.value ?? new Uint8Array(0);
        expect([name, little(value)]).toEqual([name, byGdb.get(name)]);
      }
    }
    // gdb shows fs_base of some machines only.
    const bases = [...run("eu-readelf", "-n", core).matchAll(/ fs\.base: +(0x[0-9a-f]+)/g)].map(([, base = ""]) => BigInt(base));
    const found = await Promise.all(threads.map((thread) => thread.register("fs_base")));
    expect(found.flatMap((register) => (register ? [little(register.value)] : []))).toEqual(bases);
    const vectors = /^\$\d+ = (.*)$/gm;
    const asked = [0, 1, 2, 3, 15].filter((index) => !is32 || index < 8).flatMap((index) => ["-ex", `p/x $xmm${index}.uint128`]);
    const shown = run("gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", program.path, core, ...asked);
    const first = (await threads[0]?.registers()) ?? [];
    const xmm = [0, 1, 2, 3, 15]
      .filter((index) => !is32 || index < 8)
      .map((index) => first.find(({ name }) => name === `xmm${index}`)?.value);
    expect(xmm.map((value) => little(value ?? new Uint8Array(1)))).toEqual(
      [...shown.matchAll(vectors)].map(([, value = ""]) => BigInt(value)),
    );
    expect(threads.map(({ current }) => current)).toEqual([true, false, false]);
    expect(threads.map(({ crashed }) => crashed)).toEqual([writer === "byKernel", false, false]);
  });

  it("says which process it was, and from which bytes it was made", async () => {
    const { capture, report } = made;
    const pid = Number(
      /, pid: (\d+)/.exec(run("eu-readelf", "-n", core))?.[1] ?? /pid: +(\d+)/.exec(run("eu-readelf", "-n", core))?.[1],
    );
    expect(capture.header).toMatchObject({ pid, osType: 1, archType: is32 ? 0 : 1, imported: true, timestampNs: 0n });
    const identity = (await capture.blocks.at(1).decode()).payload;
    const args = writer === "byKernel" ? `${program.path} crash` : program.path;
    expect(identity).toMatchObject({ kind: "ProcessIdentity", exePath: program.path, cmdLine: args, ppid: expect.any(Number) });
    const provenance = await provenanceOf(capture);
    expect(provenance).toMatchObject({ sourceFormat: 2, origFileSize: BigInt(readFileSync(core).length) });
    expect(provenance.note).toContain(`source-sha256=${run("sha256sum", core).slice(0, 64)}`);
    if (writer === "byKernel") expect(report.lost.join()).toContain("11, code 1, address 0x10");
  });
});
