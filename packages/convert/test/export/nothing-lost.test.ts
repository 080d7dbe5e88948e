/** What a capture says and a dump has no place for comes back by the records of memslice, in cores and minidumps; whatever does not is named. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BytesSink, type Capture, openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { exportElfCore, exportMinidump, exportRaw, importCapture } from "../../src/index.js";
import { readCore } from "./core-reader.js";
import { areInstalled, printed } from "./installed.js";
import { smallCapture } from "./small-capture.js";

const SAMPLES = new URL("../../../../fixtures/captures/", import.meta.url);
const sample = (name: string) => openCapture(new Uint8Array(readFileSync(new URL(`${name}.msl`, SAMPLES))));

const EXPORTS = { "elf-core": exportElfCore, minidump: exportMinidump } as const;

async function again(before: Capture, target: keyof typeof EXPORTS) {
  const [dump, sink] = [new BytesSink(), new BytesSink()];
  const { notes } = await EXPORTS[target](before, dump);
  const report = await importCapture(dump.bytes(), sink);
  return { notes, dump: dump.bytes(), report, after: await openCapture(sink.bytes()) };
}

async function statesOf({ memory }: Capture) {
  const states: [string, bigint, bigint][] = [];
  for await (const { start, end, state } of memory.states()) {
    const last = states.at(-1);
    if (last?.[0] === state && last[2] === start) last[2] = end;
    else states.push([state, start, end]);
  }
  return states;
}

const threadsOf = async (capture: Capture) =>
  (await capture.threads())
    .map(({ id, name, state, current, crashed, startTimeNs }) => ({ id, name, state, current, crashed, startTimeNs }))
    .sort((a, b) => Number(a.id - b.id));

describe.each(["elf-core", "minidump"] as const)("an import of an exported %s", (target) => {
  it("has the names, states and times of threads, and which one crashed", async () => {
    const before = await sample("rf-threads-x64");
    const { after, notes, report } = await again(before, target);
    expect((await threadsOf(before)).map(({ crashed, current }) => [crashed, current])).toEqual([
      [false, false],
      [false, true],
      [true, false],
    ]);
    expect(await threadsOf(after)).toEqual(await threadsOf(before));
    expect(report.damaged).toEqual([]);
    expect(notes).toContainEqual(expect.objectContaining({ kind: "no place", subject: "ThreadContext" }));
  });

  it.each([
    ["failed and unmapped pages in one hole", [1, "failed", "unmapped", "failed", "unmapped", "unmapped", 2]],
    ["unmapped pages alone", ["unmapped", "unmapped", 3, "unmapped"]],
    ["failed pages alone", [7, "failed", "failed"]],
  ] as const)("has the states of %s, and the report names them", async (_, pages) => {
    const before = await smallCapture({
      regions: [
        { base: 0x10000n, pages },
        { base: 0x7fff_ffff_0000n, pages: ["unmapped", "failed"] },
      ],
    });
    const { after, notes } = await again(before, target);
    expect(await statesOf(after)).toEqual(await statesOf(before));
    expect(notes).toContainEqual(expect.objectContaining({ kind: "no place", subject: "PageStates" }));
  });

  it("names every type of block that it does not hold, in every sample", async () => {
    const held = ["MemoryRegion", "ModuleEntry", "ModuleListIndex", "ThreadContext", "ProcessIdentity"];
    if (target === "minidump") held.push("HandleTable");
    let told = 0;
    for (const name of readdirSync(SAMPLES).filter((file) => file.endsWith(".msl"))) {
      const capture = await openCapture(new Uint8Array(readFileSync(new URL(name, SAMPLES)))).catch(() => undefined);
      if (!capture) continue;
      const { notes } = await EXPORTS[target](capture, new BytesSink());
      const subjects = new Set(notes.map(({ subject }) => subject));
      for (const block of capture.blocks) {
        const type = await block.contentName();
        if (held.includes(type)) continue;
        expect([name, type, subjects.has(type)]).toEqual([name, type, true]);
        told++;
      }
    }
    expect(told).toBeGreaterThan(100);
  });
});

describe("fields without a place", () => {
  it("are named: those of modules, of the process and of the file header", async () => {
    const { notes } = await again(await sample("rf-threads-x64"), "elf-core");
    const of = (subject: string) => notes.find((note) => note.kind === "no place" && note.subject === subject)?.message;
    expect([of("FileHeader"), of("ModuleEntry"), of("ProcessIdentity")]).toEqual([
      "DumpUUID, Timestamp",
      "Of 2 modules: Version of 1",
      "StartTime",
    ]);
  });

  it("a folder of raw memory names all blocks but regions", async () => {
    const files = { file: async () => new BytesSink() };
    const { notes } = await exportRaw(await sample("rf-threads-x64"), files);
    const subjects = ["FileHeader", "ModuleEntry", "ModuleListIndex", "ProcessIdentity", "ThreadContext", "EndOfCapture"];
    expect(notes.map(({ subject }) => subject)).toEqual(expect.arrayContaining(subjects));
  });
});

describe("vector registers in a core", () => {
  const bytes = (seed: number, length: number) => Uint8Array.from({ length }, (_, at) => (seed + 7 * at) & 0xff);
  const roles = { rip: bytes(1, 8), rsp: bytes(2, 8) };
  const regions = [{ base: 0x10000n, pages: [1] }] as const;

  async function exported(registers: Readonly<Record<string, Uint8Array>>) {
    const capture = await smallCapture({ regions, threads: [{ id: 9n, current: true, registers: { ...roles, ...registers } }] });
    const dump = new BytesSink();
    const { notes } = await exportElfCore(capture, dump);
    const area = readCore(dump.bytes()).notes.find(({ owner, type }) => owner === "LINUX" && type === 0x202)?.bytes;
    return {
      dump: dump.bytes(),
      area,
      leftOut: notes.find(({ kind, subject }) => kind === "no place" && subject === "Registers"),
    };
  }

  it("of AVX-512 stand where the standard form of an XSAVE area has them, and come back", async () => {
    const zmm = Array.from({ length: 32 }, (_, at) => [`zmm${at}`, bytes(at, 64)] as const);
    const masks = Array.from({ length: 8 }, (_, at) => [`k${at}`, bytes(0x80 + at, 8)] as const);
    const { dump, area, leftOut } = await exported(Object.fromEntries([...zmm, ...masks]));
    expect(leftOut).toBeUndefined();
    // Intel SDM volume 1, 13.4 and 13.5: XSTATE_BV, xmm3, upper half of ymm3, k2, upper half of zmm3, zmm17.
    expect([area?.length, area?.[512], area?.[464]]).toEqual([2688, 0xe7, 0xe7]);
    const at = (offset: number, length: number) => area?.subarray(offset, offset + length);
    expect(at(160 + 48, 16)).toEqual(bytes(3, 64).subarray(0, 16));
    expect(at(576 + 48, 16)).toEqual(bytes(3, 64).subarray(16, 32));
    expect(at(1088 + 16, 8)).toEqual(bytes(0x82, 8));
    expect(at(1152 + 96, 32)).toEqual(bytes(3, 64).subarray(32));
    expect(at(1664 + 64, 64)).toEqual(bytes(17, 64));
    const sink = new BytesSink();
    await importCapture(dump, sink);
    const [thread] = await (await openCapture(sink.bytes())).threads();
    for (const [name, value] of [...zmm, ...masks]) expect([name, (await thread?.register(name))?.value]).toEqual([name, value]);
  });

  it("of AVX alone make an area of 832 bytes; one that contradicts its xmm register is left out and named", async () => {
    const { area, leftOut } = await exported({ ymm1: bytes(9, 32), ymm2: bytes(5, 32), xmm2: bytes(6, 16) });
    expect([area?.length, area?.[512]]).toEqual([832, 7]);
    expect(area?.subarray(576 + 16, 576 + 32)).toEqual(bytes(9, 32).subarray(16));
    expect(area?.subarray(576 + 32, 576 + 48)).toEqual(new Uint8Array(16));
    expect(leftOut?.message).toContain("ymm2");
    expect(leftOut?.message).not.toContain("ymm1");
  });

  it("with protection keys and bounds stand behind the others, gdb reads them, and they come back", async () => {
    const bound = Object.fromEntries([0, 1, 2, 3].map((at) => [`bnd${at}raw`, bytes(0x30 + at, 16)] as const));
    const others = { ...bound, bndcfgu: bytes(0x40, 8), bndstatus: bytes(0x50, 8), pkru: bytes(0x60, 4) };
    const { dump, area, leftOut } = await exported({ ymm0: bytes(9, 32), ...others });
    expect(leftOut).toBeUndefined();
    // Intel SDM volume 1, 13.5: BNDREGS at 960, BNDCSR at 1024, PKRU at 2688, each by CPUID of Skylake; XCR0 has bits 0 to 4 and 9.
    const view = new DataView(area?.buffer ?? new ArrayBuffer(0), area?.byteOffset, area?.length);
    expect([area?.length, view.getBigUint64(464, true), view.getBigUint64(512, true)]).toEqual([2696, 0x21fn, 0x21fn]);
    const at = (offset: number, length: number) => area?.subarray(offset, offset + length);
    expect([at(960 + 16, 16), at(1024, 16), at(2688, 4)]).toEqual([
      bound["bnd1raw"],
      Uint8Array.of(...others.bndcfgu, ...others.bndstatus),
      others.pkru,
    ]);
    const sink = new BytesSink();
    await importCapture(dump, sink);
    const [thread] = await (await openCapture(sink.bytes())).threads();
    for (const [name, value] of Object.entries(others))
      expect([name, (await thread?.register(name))?.value]).toEqual([name, value]);
    if (!areInstalled("gdb")) return;
    const folder = mkdtempSync(join(tmpdir(), "msl-pkru-"));
    try {
      writeFileSync(join(folder, "core"), dump);
      const commands = ["p/x $pkru", "p/x $bndcfgu.raw", "p/x $bnd1raw.lbound"].flatMap((one) => ["-ex", one]);
      const lines = printed("gdb", ["-nx", "-batch", "-c", join(folder, "core"), ...commands]).match(/^\$\d = .*$/gm);
      const hex = (value: Uint8Array | undefined) =>
        `0x${Buffer.from(value ?? [])
          .reverse()
          .toString("hex")}`;
      expect(lines).toEqual([
        `$1 = ${hex(others.pkru)}`,
        `$2 = ${hex(others.bndcfgu)}`,
        `$3 = ${hex(bound["bnd1raw"]?.subarray(0, 8))}`,
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("of which the thread has protection keys alone make no other register", async () => {
    const { dump, area } = await exported({ pkru: bytes(0x60, 4) });
    expect([area?.length, area?.[464], area?.[465]]).toEqual([2696, 3, 2]);
    const sink = new BytesSink();
    await importCapture(dump, sink);
    const [thread] = await (await openCapture(sink.bytes())).threads();
    expect(
      (await thread?.registers())?.filter(({ name }) => /^(ymm|bnd|zmm|k\d|pkru)/.test(name)).map(({ name }) => name),
    ).toEqual(["pkru"]);
  });

  it("need no area if the thread has none", async () => {
    expect((await exported({ xmm0: bytes(1, 16) })).area).toBeUndefined();
  });
});

/** Where the descriptor of the first note of memslice with this type begins in a core, and its bytes. */
function ownNote(core: Uint8Array, type: number): Uint8Array {
  const note = readCore(core).notes.find(({ owner, type: found }) => owner === "memslice" && found === type);
  if (!note) throw new Error(`no note ${type}`);
  return note.bytes;
}

const [THREAD, STATES] = [0x4d534c01, 0x4d534c02];

describe("a note of memslice that is wrong", () => {
  const content = { regions: [{ base: 0x10000n, pages: [1, "unmapped", "failed", 2] }] } as const;

  async function tampered(type: number, change: (view: DataView) => void) {
    const dump = new BytesSink();
    await exportElfCore(type === THREAD ? await sample("rf-threads-x64") : await smallCapture(content), dump);
    const bytes = dump.bytes().slice();
    const note = ownNote(bytes, type);
    change(new DataView(note.buffer, note.byteOffset, note.length));
    const sink = new BytesSink();
    const report = await importCapture(bytes, sink);
    return { report, capture: await openCapture(sink.bytes()) };
  }

  it.each([
    ["another number of runs", (view: DataView) => view.setBigUint64(0, 2n ** 64n - 1n, true)],
    ["a run that passes 2^64", (view: DataView) => view.setBigUint64(16, 2n ** 64n - 1n, true)],
    ["an empty run", (view: DataView) => view.setBigUint64(16, 0n, true)],
  ])("is told as damage: %s, and absent pages are failed", async (_, change) => {
    const { report, capture } = await tampered(STATES, change);
    expect(report.damaged).toEqual([expect.stringContaining("has no table of page states")]);
    expect(await statesOf(capture)).toEqual([
      ["captured", 0x10000n, 0x11000n],
      ["failed", 0x11000n, 0x13000n],
      ["captured", 0x13000n, 0x14000n],
    ]);
  });

  it("hides no captured byte, and adds none: runs over all addresses change absent pages alone", async () => {
    const { report, capture } = await tampered(STATES, (view) => {
      view.setBigUint64(8, 0n, true);
      view.setBigUint64(16, 2n ** 64n - 1n, true);
    });
    expect(report.damaged).toEqual([]);
    expect(await statesOf(capture)).toEqual([
      ["captured", 0x10000n, 0x11000n],
      ["unmapped", 0x11000n, 0x13000n],
      ["captured", 0x13000n, 0x14000n],
    ]);
    expect((await capture.memory.read(0x13000n, 4096)).bytes()).toEqual(new Uint8Array(4096).fill(2));
  });

  it("a run that has a part of a page leaves the page failed", async () => {
    const { capture } = await tampered(STATES, (view) => view.setBigUint64(8, 0x11800n, true));
    expect((await statesOf(capture)).map(([state]) => state)).toEqual(["captured", "failed", "captured"]);
  });

  it.each([
    ["another thread", (view: DataView) => view.setBigUint64(0, 99n, true)],
    ["flags that no thread has", (view: DataView) => view.setUint16(16, 0x8001, true)],
    ["a state that is not registered", (view: DataView) => view.setUint8(18, 9)],
    ["a longer name than the note", (view: DataView) => view.setUint16(20, 0xffff, true)],
    ["a name that is no UTF-8", (view: DataView) => view.setUint8(24, 0xff)],
  ])("about %s changes nothing of the threads, and is told as damage", async (_, change) => {
    const { report, capture } = await tampered(THREAD, change);
    expect(report.damaged).toEqual([expect.stringContaining("is about no thread before it")]);
    const threads = await capture.threads();
    expect(threads.map(({ id, current }) => [id, current])).toEqual([
      [4712n, true],
      [4711n, false],
      [4713n, false],
    ]);
    expect(threads[0]?.name).toBe("");
    expect(threads[2]?.name).toBe("日本語スレッド");
  });
});

describe("the stream of a minidump about threads", () => {
  it("is not used if it has other threads than the list", async () => {
    const { dump } = await again(await sample("rf-threads-x64"), "minidump");
    const bytes = Buffer.from(dump);
    const directory = bytes.readUInt32LE(12);
    const entry = Array.from({ length: bytes.readUInt32LE(8) }, (_, i) => directory + 12 * i).find(
      (at) => bytes.readUInt32LE(at) === THREAD,
    );
    bytes.writeUInt32LE(5, bytes.readUInt32LE((entry ?? 0) + 8) + 24);
    const sink = new BytesSink();
    const { damaged } = await importCapture(bytes, sink);
    expect(damaged).toEqual([expect.stringContaining("does not fit the list of threads")]);
    expect((await (await openCapture(sink.bytes())).threads()).map(({ state }) => state)).toEqual([0, 0, 0]);
  });
});

describe("the name of the program in a core", () => {
  it.each([
    ["Windows", "C:\\Users\\Zoë\\b", "b"],
    ["Linux", "/usr/bin/a\\b", "a\\b"],
  ] as const)("of %s is behind the last separator of its system", async (osType, exePath, name) => {
    const dump = new BytesSink();
    await exportElfCore(await smallCapture({ regions: [{ base: 0n, pages: [1] }], osType, exePath }), dump);
    const [note] = readCore(dump.bytes()).notes;
    expect(
      Buffer.from(note?.bytes.subarray(40, 56) ?? [])
        .toString()
        .replaceAll("\0", ""),
    ).toBe(name);
  });
});
