/** Which thread received which signal: from the notes of a core through a capture into another core or minidump, and back. */
import { BytesSink, openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { exportElfCore, exportMinidump, importCapture } from "../../src/index.js";
import { SignalsOfNote } from "../../src/own/thread-signals.js";
import { readMinidump } from "../minidump/second-reader.js";
import { elfCore, fileNote, joined, type Note, prStatusNote, Words } from "../support/elf-core-builder.js";
import { readCore } from "./core-reader.js";

const words = new Words(64, "little");
const LOADS = [{ vaddr: 0x1000n, bytes: new Uint8Array(4096).fill(7) }];

/** siginfo_t: si_signo, si_errno, si_code, and at 16 si_addr, or si_pid and si_uid. */
function sigInfo(number: number, code: number, union: Uint8Array): Uint8Array {
  const head = [number, 0, code >>> 0, 0].map((value) => words.u32(value));
  return joined(...head, union, new Uint8Array(128 - 16 - union.length));
}

const FAULT = sigInfo(11, 2, words.u64(0xffff_8000_0000_1234n));
const STOPPED = sigInfo(19, 128, new Uint8Array(0));
const KILLED = sigInfo(6, -6, joined(words.u32(4321), words.u32(1000)));

const thread = (pid: number, info?: Uint8Array, cursig = 0): Note[] => [
  prStatusNote(words, pid, new Uint8Array(216), cursig),
  ...(info ? [{ name: "CORE", type: 0x53494749, desc: info }] : []),
];

/** NT_SIGINFO and pr_cursig (at 12 of NT_PRSTATUS) by thread. */
function signalsOf(core: Uint8Array): [pid: number, cursig: number, info: string | undefined][] {
  const found: [number, number, string | undefined][] = [];
  for (const { owner, type, bytes } of readCore(core).notes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (owner === "CORE" && type === 1) found.push([view.getUint32(32, true), view.getUint16(12, true), undefined]);
    const last = found.at(-1);
    if (owner === "CORE" && type === 0x53494749 && last) last[2] = Buffer.from(bytes).toString("hex");
  }
  return found;
}

async function captureOf(dump: Uint8Array) {
  const sink = new BytesSink();
  const { lost, damaged } = await importCapture(dump, sink);
  expect(damaged).toEqual([]);
  return { capture: await openCapture(sink.bytes()), lost };
}

/** A core of the core's capture; through a minidump as well if `isTwice`. */
async function again(core: Uint8Array, isTwice: boolean): Promise<Uint8Array> {
  let { capture } = await captureOf(core);
  if (isTwice) {
    const minidump = new BytesSink();
    await exportMinidump(capture, minidump);
    ({ capture } = await captureOf(minidump.bytes()));
  }
  const out = new BytesSink();
  await exportElfCore(capture, out);
  return out.bytes();
}

const CORES: readonly (readonly [string, readonly Note[]])[] = [
  ["one signal for all threads, as gcore has it", [7, 3, 12].flatMap((pid) => thread(pid, STOPPED))],
  [
    "threads with different signals, without a signal, and ids in no order",
    [
      ...thread(50, FAULT, 11),
      ...[10, 11, 40, 41].flatMap((pid) => thread(pid, STOPPED, 11)),
      ...thread(20, KILLED, 11),
      ...thread(30, undefined, 11),
      ...thread(12, KILLED, 11),
    ],
  ],
  ["a signal that a process sent", thread(9, KILLED, 6)],
  [
    "many threads that differ by turns",
    Array.from({ length: 200 }, (_, at) => thread(1000 + at, at % 2 === 0 ? STOPPED : KILLED)).flat(),
  ],
];

describe("signals of threads", () => {
  it.each(CORES)("come back from an exported core: %s", async (_, notes) => {
    const core = elfCore({ notes, loads: LOADS });
    expect(signalsOf(await again(core, false))).toEqual(signalsOf(core));
  });

  it.each(CORES)("come back from an exported minidump: %s", async (_, notes) => {
    const core = elfCore({ notes, loads: LOADS });
    const infos = (bytes: Uint8Array) => signalsOf(bytes).map(([pid, , info]) => [pid, info]);
    expect(infos(await again(core, true))).toEqual(infos(core));
  });

  it("are not those that texts of the core tell", async () => {
    const path = "/a; the signal of thread 5, for which a capture has no field: 11, code 1; b";
    const files = fileNote(words, [{ start: 0x1000n, end: 0x2000n, page: 0n, path }]);
    const { capture, lost } = await captureOf(elfCore({ notes: [...thread(5), files], loads: LOADS }));
    expect(lost.join()).toContain(path);
    const out = new BytesSink();
    await exportElfCore(capture, out);
    expect(signalsOf(out.bytes())).toEqual([[5, 0, undefined]]);
  });

  it("with senders that no process and no user has are not taken", async () => {
    const note = (sender: string) =>
      new SignalsOfNote(`lost: the signal of thread 5, for which a capture has no field: 6, code -6, ${sender}`).of(5n);
    expect(note("from process 4294967295 of user 7")).toBeUndefined();
    expect(note("from process 7 of user 4294967296")).toBeUndefined();
    expect(note("from process 7 of user 4294967295")?.sender).toEqual({ pid: 7, uid: 0xffffffff });
  });

  it("that no list can name are counted, and those that are named are right", async () => {
    const signals = Array.from({ length: 3000 }, (_, at) => (at % 2 === 0 ? STOPPED : KILLED));
    const core = elfCore({ notes: signals.flatMap((info, at) => thread(10_000 + at, info)), loads: LOADS });
    const { lost } = await captureOf(core);
    expect(lost.at(-1)).toMatch(/^the signals of \d+ other threads, for which a capture has no field, are not listed$/);
    for (const sentence of lost) expect(sentence.length).toBeLessThan(800);
    const before = new Map(signalsOf(core).map(([pid, , info]) => [pid, info]));
    const after = signalsOf(await again(core, false)).filter(([, , info]) => info !== undefined);
    expect(after.length).toBeGreaterThan(200);
    for (const [pid, , info] of after) expect([pid, info]).toEqual([pid, before.get(pid)]);
  });
});

describe("the exception of an exported minidump of Linux", () => {
  it("is the signal: number, code and address, as Breakpad writes them", async () => {
    const { capture } = await captureOf(elfCore({ notes: thread(50, FAULT, 11), loads: LOADS }));
    const out = new BytesSink();
    const { notes } = await exportMinidump(capture, out);
    const { exception } = readMinidump(out.bytes());
    expect(exception).toMatchObject({ threadId: 50, code: 11, flags: 2, address: 0xffff_8000_0000_1234n, parameters: [] });
    expect(notes).toContainEqual({
      ...{ kind: "derived", subject: "ExceptionStream" },
      message: "The exception of thread 50 is signal 11, which Import Provenance tells",
    });
  });

  it("has the program counter where the signal has no address", async () => {
    const registers = new Uint8Array(216);
    registers.set(words.u64(0x1230n), 16 * 8);
    const status = prStatusNote(words, 9, registers, 6);
    const { capture } = await captureOf(elfCore({ notes: [status, ...thread(9, KILLED).slice(1)], loads: LOADS }));
    const out = new BytesSink();
    await exportMinidump(capture, out);
    const { exception } = readMinidump(out.bytes());
    // SI_TKILL is -6.
    expect(exception).toMatchObject({ threadId: 9, code: 6, flags: 0xffff_fffa, address: 0x1230n });
  });
});
