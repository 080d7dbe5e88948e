/** Why a minidump was written, as an import tells it and an export takes it back. Codes and layouts: minidumpapiset.h, ntstatus.h, minidump_exception_linux.h of Breakpad. */
import { BytesSink, openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { exportElfCore, exportMinidump, importCapture } from "../../src/index.js";
import { readCore } from "../export/core-reader.js";
import { amd64Context } from "./contexts.js";
import { fields, MinidumpFixture } from "./fixture.js";
import { readMinidump } from "./second-reader.js";

const [WINDOWS, LINUX] = [2, 0x8201];

interface Exception {
  readonly threadId: number;
  readonly code: number;
  readonly flags?: number;
  readonly record?: bigint;
  readonly address: bigint;
  readonly parameters?: readonly bigint[];
  /** In place of the number of parameters. */
  readonly count?: number;
}

/** MINIDUMP_EXCEPTION_STREAM: ThreadId, alignment; code, flags, record, address, NumberParameters, alignment, 15 parameters; location of the context. */
function withException(fixture: MinidumpFixture, exception: Exception, context: readonly [size: number, rva: number]) {
  const { threadId, code, flags = 0, record = 0n, address, parameters = [], count = parameters.length } = exception;
  const row = fields().u32(threadId, 0, code, flags).u64(record, address).u32(count, 0);
  row.u64(...parameters).zeros(8 * (15 - parameters.length));
  return fixture.stream(6, row.u32(...context).done());
}

/** Threads 10 and 11 at 0x400010; the exception has the context of thread 11. */
function dumpOf(platform: number, exception: Exception): Uint8Array {
  const fixture = new MinidumpFixture().systemInfo({ platform });
  const rva = fixture.data(amd64Context({ rip: 0x400010n, rsp: 0x8ff100n }));
  const thread = (id: number) => fields().u32(id, 0, 0, 0).u64(0n, 0n).u32(0, 0).u32(1232, rva).done();
  fixture.stream(3, fields().u32(2).bytes(thread(10)).bytes(thread(11)).done());
  fixture.memory64([[0x400000n, new Uint8Array(4096).fill(1)]]);
  return withException(fixture, exception, [1232, rva]).done();
}

async function captureOf(dump: Uint8Array) {
  const sink = new BytesSink();
  const { lost, damaged } = await importCapture(dump, sink);
  return { capture: await openCapture(sink.bytes()), lost, damaged };
}

async function exceptionAgain(dump: Uint8Array) {
  const out = new BytesSink();
  await exportMinidump((await captureOf(dump)).capture, out);
  const { contextRva: _, ...exception } = readMinidump(out.bytes()).exception ?? { contextRva: 0 };
  return { exception, dump: out.bytes() };
}

/** STATUS_ACCESS_VIOLATION with its two parameters, a C++ exception with four, a breakpoint. */
const OF_WINDOWS: readonly Exception[] = [
  { threadId: 11, code: 0xc0000005, address: 0x7ff6_0000_1000n, parameters: [1n, 0xdead_0000n] },
  {
    threadId: 11,
    code: 0xe06d7363,
    flags: 0x81,
    address: 0x7ffe_0000_1000n,
    parameters: [0x19930520n, 1n, 2n, 0x7ff6_0000_0000n],
  },
  { threadId: 10, code: 0x80000003, record: 0x8ff200n, address: 0x400010n },
];

describe("the exception of a minidump of Windows", () => {
  it.each(OF_WINDOWS)("comes back from an exported minidump: $code", async (exception) => {
    const first = dumpOf(WINDOWS, exception);
    const expected = { flags: 0, record: 0n, parameters: [], ...exception };
    const again = await exceptionAgain(first);
    expect(again.exception).toEqual(expected);
    expect((await exceptionAgain(again.dump)).exception).toEqual(expected);
    const { capture, lost } = await captureOf(again.dump);
    expect((await capture.threads()).map(({ id, crashed, current }) => [id, crashed, current])).toEqual(
      [10n, 11n]
        .map((id) => [id, id === BigInt(exception.threadId), id === BigInt(exception.threadId)])
        .sort((a) => (a[2] ? -1 : 1)),
    );
    expect(lost).toEqual(expect.arrayContaining((await captureOf(first)).lost.filter((sentence) => /^exception/.test(sentence))));
  });

  it("is none that a comment tells", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const rva = fixture.data(amd64Context({ rip: 0x400010n, rsp: 0x8ff100n }));
    fixture.stream(3, fields().u32(1, 10, 0, 0, 0).u64(0n, 0n).u32(0, 0).u32(1232, rva).done());
    const forged = "a; exception 0xc0000005 at 0x1 in thread 10, parameters none: captures have no block for it; b";
    fixture.stream(10, Buffer.from(`${forged}\0`));
    const { capture, lost } = await captureOf(fixture.memory64([[0x400000n, new Uint8Array(4096)]]).done());
    expect(lost.join()).toContain(forged);
    const out = new BytesSink();
    await exportMinidump(capture, out);
    expect(readMinidump(out.bytes()).exception).toBeUndefined();
  });

  it("with more parameters than there are places is damaged, and has those", async () => {
    const parameters = Array.from({ length: 15 }, (_, at) => BigInt(at));
    const { lost, damaged } = await captureOf(
      dumpOf(WINDOWS, { threadId: 11, code: 1, address: 0n, parameters, count: 0xffffffff }),
    );
    expect(damaged).toEqual(["ExceptionStream says 4294967295 parameters, and has a place for 15"]);
    expect(lost.join()).toContain("parameters 0x0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9 0xa 0xb 0xc 0xd 0xe:");
  });

  it("of a thread that the list does not have is damaged", async () => {
    const { lost, damaged } = await captureOf(dumpOf(WINDOWS, { threadId: 99, code: 0xc0000005, address: 1n }));
    expect(damaged).toEqual([
      "ExceptionStream names thread 99, which the list of threads does not have: its registers are not imported",
    ]);
    expect(lost.join()).toContain("exception 0xc0000005 at 0x1 in thread 99");
  });
});

describe("the exception of a minidump of Linux", () => {
  // SIGSEGV, SEGV_ACCERR.
  const FAULT = { threadId: 11, code: 11, flags: 2, address: 0x7000n };

  it("is a signal, which a core of the capture has", async () => {
    const { capture, lost } = await captureOf(dumpOf(LINUX, FAULT));
    expect(lost).toContain("the signal of thread 11, for which a capture has no field: 11, code 2, address 0x7000");
    expect(lost.join()).not.toContain("exception");
    expect((await capture.threads()).map(({ id, crashed, current }) => [id, crashed, current])).toEqual([
      [10n, false, false],
      [11n, true, true],
    ]);
    const core = new BytesSink();
    await exportElfCore(capture, core);
    const notes = readCore(core.bytes()).notes.filter(({ owner }) => owner === "CORE");
    // pr_cursig at 12; si_signo 0, si_code 8, si_addr 16.
    expect(notes.filter(({ type }) => type === 1).map(({ bytes }) => bytes[12])).toEqual([11, 11]);
    const info = notes.find(({ type }) => type === 0x53494749)?.bytes ?? new Uint8Array(128);
    const view = new DataView(info.buffer, info.byteOffset, info.length);
    expect([view.getInt32(0, true), view.getInt32(8, true), view.getBigUint64(16, true)]).toEqual([11, 2, 0x7000n]);
    expect((await exceptionAgain(dumpOf(LINUX, FAULT))).exception).toEqual({ ...FAULT, record: 0n, parameters: [] });
  });

  it("that has more than a signal is told, and comes back whole", async () => {
    // SIGABRT, SI_TKILL, with the address that Breakpad has of the sender.
    const aborted = { threadId: 11, code: 6, flags: 0xffff_fffa, address: 0x3e8_0000_10e1n, record: 0n, parameters: [7n] };
    const { lost } = await captureOf(dumpOf(LINUX, aborted));
    expect(lost).toContain("the signal of thread 11, for which a capture has no field: 6, code -6");
    expect(lost.join()).toContain("exception 0x6 at 0x3e8000010e1 in thread 11, flags 0xfffffffa, parameters 0x7");
    expect((await exceptionAgain(dumpOf(LINUX, aborted))).exception).toEqual(aborted);
  });

  it("of a dump that somebody asked for is no crash, and comes back", async () => {
    // MD_EXCEPTION_CODE_LIN_DUMP_REQUESTED.
    const asked = { threadId: 11, code: 0xffff_ffff, flags: 0, address: 0x400010n, record: 0n, parameters: [] };
    const again = await exceptionAgain(dumpOf(LINUX, asked));
    expect(again.exception).toEqual(asked);
    const { capture } = await captureOf(again.dump);
    expect((await capture.threads()).some(({ crashed }) => crashed)).toBe(false);
  });
});

describe("the stream of memslice about signals", () => {
  const SIGNALS = 0x4d534c03;
  /** Thread id, signal, code, address, process and user of the sender, which of the two there are, and zeros: 40 bytes. */
  const row = (id: bigint, number: number, stated = 0) => fields().u64(id).u32(number, 1).u64(0x10n).u32(4, 5, stated, 0).done();

  async function withRows(bytes: Uint8Array) {
    const fixture = new MinidumpFixture().systemInfo({ platform: LINUX });
    const rva = fixture.data(amd64Context({ rip: 0x400010n, rsp: 0x8ff100n }));
    fixture.stream(3, fields().u32(1, 10, 0, 0, 0).u64(0n, 0n).u32(0, 0).u32(1232, rva).done());
    return captureOf(
      fixture
        .stream(SIGNALS, bytes)
        .memory64([[0x400000n, new Uint8Array(4096)]])
        .done(),
    );
  }

  it("has what no exception has", async () => {
    const { lost, damaged } = await withRows(row(10n, 19, 2));
    expect(damaged).toEqual([]);
    expect(lost).toContain("the signal of thread 10, for which a capture has no field: 19, code 1, from process 4 of user 5");
  });

  it.each([
    ["another thread", row(11n, 19)],
    ["no signal", row(10n, 0)],
    ["a signal that Linux does not have", row(10n, 65)],
    ["unknown bits", row(10n, 19, 4)],
    ["more rows than threads", Uint8Array.of(...row(10n, 19), ...row(10n, 19))],
    ["half a row", row(10n, 19).subarray(0, 20)],
  ])("with %s is damaged, and not used", async (_, bytes) => {
    const { lost, damaged } = await withRows(bytes);
    expect(damaged).toEqual(["the stream of memslice about signals does not fit the list of threads: it is not used"]);
    expect(lost.join()).not.toContain("signal of thread");
  });
});
