/** The threads that `msl` shows. The expected values are the input of the program that wrote the capture. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

const folder = mkdtempSync(join(tmpdir(), "msl-threads-"));
afterAll(() => rmSync(folder, { recursive: true }));
const THREADS = capture("rf-threads-x64");

describe("threads", () => {
  it("info counts the threads, and shows the current thread and where it was", () => {
    expect(msl(["info", THREADS]).stdout).toContain(
      'Threads       3, current 4712 ("wörker-π", stopped): pc 0x55555555a3f0 (/usr/bin/dämon+0x63f0), sp 0x7f1203ffed80',
    );
    expect(JSON.parse(msl(["info", "--json", THREADS]).stdout).threads).toMatchObject({
      count: 3,
      current: { id: "4712", name: "wörker-π", stateName: "stopped", pc: { module: "/usr/bin/dämon", moduleOffset: "0x63f0" } },
    });
  });

  it("info does not mention threads if the capture has none", () => {
    expect(msl(["info", capture("ms-basic-plain")]).stdout).not.toContain("Threads");
    expect(JSON.parse(msl(["info", "--json", capture("ms-basic-plain")]).stdout)).not.toHaveProperty("threads");
  });

  it("dump prints threads with registers of every width", () => {
    const { blocks } = JSON.parse(msl(["dump", "--json", THREADS]).stdout);
    const threads = blocks.filter(({ typeName }: { typeName: string }) => typeName === "ThreadContext");
    expect(threads.map(({ payload }: { payload: { threadId: string } }) => payload.threadId)).toEqual(["4711", "4712", "4713"]);
    for (const { payload } of threads)
      for (const { width, valueHex } of payload.registers) expect(valueHex).toHaveLength(2 * width);
    expect(msl(["blocks", THREADS]).stdout).toMatch(/0x0011 ThreadContext/);
  });

  it("transcode carries threads over, and leaves them out with --conforming-only", () => {
    const counted = (options: readonly string[]) => {
      const target = join(folder, `${options.join("")}.msl`);
      const report = JSON.parse(msl(["transcode", THREADS, target, "--json", ...options]).stdout);
      const { threads } = JSON.parse(msl(["info", "--json", target]).stdout);
      return [threads?.count, report.output.conforming];
    };
    expect(counted([])).toEqual([3, false]);
    expect(counted(["--conforming-only"])).toEqual([undefined, true]);
  });
});

interface RecordedRegister {
  readonly name: string;
  readonly width: number;
  readonly flags: number;
  readonly valueHex: string;
}

interface RecordedThread {
  readonly threadId: string;
  readonly name: string;
  readonly threadState: number;
  /** Null: the code has no name. */
  readonly threadStateName: string | null;
  readonly flags: number;
  readonly startTimeNs: string;
  readonly registers: readonly RecordedRegister[];
}

/** The Thread Contexts of a sample in file order, the first one of each id. */
function recorded(sample: string): readonly RecordedThread[] {
  const { blocks } = JSON.parse(readFileSync(capture(sample).replace(/msl$/, "json"), "utf8"));
  const all: RecordedThread[] = blocks
    .filter(({ typeName }: { typeName: string }) => typeName === "ThreadContext")
    .map(({ payload }: { payload: RecordedThread }) => payload);
  return all.filter(({ threadId }, i) => all.findIndex((other) => other.threadId === threadId) === i);
}

/** Little-endian digits as a number; undefined if there are none. */
const numberOf = (hex: string) => (hex === "" ? undefined : BigInt(`0x${hex.match(/../g)?.reverse().join("")}`));
const roleOf = (thread: RecordedThread, bit: number) =>
  numberOf(thread.registers.find(({ flags }) => flags & bit)?.valueHex ?? "");
const stateOf = ({ threadState, threadStateName }: RecordedThread) =>
  threadStateName ?? `0x${threadState.toString(16).padStart(2, "0")}`;
const addressOf = (value: string | undefined) => (value === undefined ? undefined : BigInt(value));
const rowsOf = (sample: string, ...args: string[]) => JSON.parse(msl(["threads", capture(sample), "--json", ...args]).stdout);

describe("msl threads", () => {
  const SAMPLES = [
    "rf-threads-x64",
    "rf-threads-edge",
    "rf-threads-arm64-zstd",
    "rf-threads-x86-keyhints",
    "r2-dgm",
    "r2-genmsl-mt",
  ];

  it.each(SAMPLES)("lists the recorded threads of %s, with the values of their roles", (sample) => {
    const threads = recorded(sample);
    expect(threads.length).toBeGreaterThan(0);
    const current = threads.find(({ flags }) => flags & 1) ?? threads[0];
    const rows: Record<string, string>[] = rowsOf(sample).threads;
    expect(
      rows.map(({ id, name, state, crashed, startTimeNs, registers, current: isCurrent, pc, sp }) => ({
        ...{ id, name, state, crashed, startTimeNs, registers, isCurrent, pc: addressOf(pc), sp: addressOf(sp) },
      })),
    ).toEqual(
      threads.map((thread) => ({
        ...{ id: thread.threadId, name: thread.name, state: stateOf(thread), crashed: (thread.flags & 2) !== 0 },
        ...{ startTimeNs: thread.startTimeNs, registers: thread.registers.length, isCurrent: thread === current },
        ...{ pc: roleOf(thread, 1), sp: roleOf(thread, 2) },
      })),
    );
  });

  it.each(SAMPLES)("--registers lists the recorded registers of %s", (sample) => {
    const rows: Record<string, string | number>[] = rowsOf(sample, "--registers").registers;
    const expected = recorded(sample).flatMap(({ threadId, registers }) =>
      registers.map(({ name, width, valueHex }) => [threadId, name, width, numberOf(valueHex)]),
    );
    expect(rows.map(({ thread, register, bytes, value }) => [thread, register, bytes, addressOf(value as string)])).toEqual(
      expected,
    );
  });

  it("names the module and the region of an address, which the places of the modules and regions in the file give", () => {
    const [main, worker] = rowsOf("rf-threads-x64").threads;
    expect(main).toMatchObject({ pcModule: "/lib/x86_64-linux-gnu/libc.so.6", pcModuleOffset: "0xe5c1a" });
    expect(main).not.toHaveProperty("pcRegionBase");
    expect(worker).toMatchObject({ pcModule: "/usr/bin/dämon", pcModuleOffset: "0x63f0", pcRegionBase: "0x55555555a000" });
    const [first] = rowsOf("r2-genmsl-mt").threads;
    expect(first).toMatchObject({ pc: "0x1000", pcRegionBase: "0x1000", spRegionBase: "0x1000" });
    const pc = rowsOf("rf-threads-x64", "--registers").registers.find(({ role }: { role: string }) => role === "pc");
    expect(pc).toMatchObject({
      thread: "4711",
      register: "rip",
      module: "/lib/x86_64-linux-gnu/libc.so.6",
      moduleOffset: "0xe5c1a",
    });
  });

  it("marks the current and the crashed thread for people, and has every digit of a vector register", () => {
    const lines = msl(["threads", THREADS]).stdout.split("\n");
    expect(lines[2]).toMatch(/^4712 {2}\* {2}stopped +27 +55555555a3f0 {2}dämon\+0x63f0 +7f1203ffed80 {2}- +wörker-π$/);
    expect(lines[3]).toMatch(/^4713 {2}! {2}waiting/);
    const wide = recorded("rf-threads-x64").flatMap(({ registers }) => registers.filter(({ width }) => width === 64));
    expect(wide.length).toBeGreaterThan(0);
    const table = msl(["threads", THREADS, "--registers"]).stdout;
    for (const { valueHex } of wide) expect(table).toContain(`0x${valueHex.match(/../g)?.reverse().join("")}\n`);
  });

  it("shortens long names of registers for people only", () => {
    const name = "l".repeat(254);
    expect(msl(["threads", capture("rf-threads-edge"), "--registers"]).stdout).toContain(`  ${"l".repeat(23)}…  `);
    expect(msl(["threads", capture("rf-threads-edge"), "--registers", "--csv"]).stdout).toContain(`,${name},`);
  });

  it.each([
    ["x-thread-namelen", /Thread \d+ in block 3: name at payload offset 32 needs 65535 bytes/],
    ["x-thread-regcount", /Thread \d+ in block 3: nameLen at payload offset 256/],
    ["x-thread-truncated", /Thread \d+ in block 4: The payload has 336 bytes, but the data ends after 77/],
    ["x-thread-width", /Thread \d+ in block 4: value at payload offset 200 needs 255 bytes/],
    ["ms-reserved-types", /ThreadContext in block 1: its payload is not read as a thread/],
  ])("%s has status 4, and a sentence about what is missing, with registers and without", (sample, sentence) => {
    for (const options of [[], ["--registers"]]) {
      expect(msl(["threads", capture(sample), ...options])).toMatchObject({ status: 4, stderr: expect.stringMatching(sentence) });
    }
  });

  it("keeps the registers before the damage of a block", () => {
    const { registers, problems } = rowsOf("x-thread-width", "--registers");
    expect(problems).toHaveLength(1);
    expect(new Set(registers.map(({ thread }: { thread: string }) => thread)).size).toBe(2);
  });
});
