/** A core by the kernel of a program that crashes, imported and exported again: what gdb, lldb, readelf and eu-readelf say about the crash and its registers. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BytesSink, openCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportElfCore, exportMinidump, importCapture } from "../../src/index.js";
import { areInstalled, attempted, printed } from "./installed.js";

/** The second thread has the bytes 1 to 32 in ymm7 when it writes to address 0x1234. */
const SOURCE = `
#include <pthread.h>
#include <unistd.h>
static unsigned char bytes[32];
static void *crashes(void *none) {
  __asm__ volatile("vmovdqu %0, %%ymm7; movl $42, 0x1234" : : "m"(bytes) : "memory");
  return none;
}
int main(void) {
  pthread_t thread;
  for (int at = 0; at < 32; at++) bytes[at] = at + 1;
  pthread_create(&thread, 0, crashes, 0);
  for (;;) pause();
}
`;

const canRun =
  areInstalled("gcc", "gdb", "lldb", "readelf", "eu-readelf", "prlimit") &&
  /^flags.*\bavx\b/m.test(readFileSync("/proc/cpuinfo", "utf8")) &&
  /^[^|/]/.test(readFileSync("/proc/sys/kernel/core_pattern", "utf8"));

describe.skipIf(!canRun)("a core of a crash that is imported and exported again", () => {
  const folder = mkdtempSync(join(tmpdir(), "msl-crash-"));
  const program = join(folder, "crashes");
  const exported = join(folder, "exported");
  let kernel = "";
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    writeFileSync(`${program}.c`, SOURCE);
    execFileSync("gcc", ["-g", "-mavx", "-pthread", "-o", program, `${program}.c`]);
    spawnSync("prlimit", ["--core=unlimited", program], { cwd: folder });
    kernel = join(folder, readdirSync(folder).find((name) => /^core(\.\d+)?$/.test(name)) ?? "");
    const [capture, core] = [new BytesSink(), new BytesSink()];
    await importCapture(readFileSync(kernel), capture);
    await exportElfCore(await openCapture(capture.bytes()), core);
    writeFileSync(exported, core.bytes());
  }, 60_000);

  const gdb = (core: string, ...commands: readonly string[]) =>
    printed("gdb", ["-nx", "-batch", ...commands.flatMap((one) => ["-ex", one]), program, core]);

  it("gdb names the signal, its address and the vector registers, as in the core of the kernel", () => {
    const commands = ["p $_siginfo.si_code", "p $_siginfo._sifields._sigfault.si_addr", "p/x $ymm7.v32_int8", "p/x $mxcsr"];
    const lines = (core: string) => gdb(core, ...commands).match(/^(Program terminated.*|\$\d = .*)$/gm);
    expect(lines(exported)).toEqual(lines(kernel));
    const bytes = Array.from({ length: 32 }, (_, at) => `0x${(at + 1).toString(16)}`).join(", ");
    expect(lines(exported)).toEqual([
      "Program terminated with signal SIGSEGV, Segmentation fault.",
      "$1 = 1",
      "$2 = (void *) 0x1234",
      `$3 = {${bytes}}`,
      expect.stringMatching(/^\$4 = /),
    ]);
  }, 60_000);

  it("lldb stops at the signal, and readelf and eu-readelf read all notes", () => {
    const lldb = (core: string) =>
      attempted("lldb", ["--no-lldbinit", "--batch", "-c", core, program, "-o", "thread list"]).match(/stop reason = .*/g);
    expect(lldb(exported)?.[0]).toBe(lldb(kernel)?.[0]);
    expect(lldb(exported)?.[0]).toMatch(/SIGSEGV/);
    const notes = printed("readelf", ["-nW", exported]);
    expect(notes).toMatch(/LINUX +0x[0-9a-f]+\tNT_X86_XSTATE/);
    expect(notes).toMatch(/CORE +0x00000080\tNT_SIGINFO/);
    expect(printed("eu-readelf", ["-n", exported])).toMatch(/si_signo: 11, si_errno: 0, si_code: 1\s+fault address: 0x1234/);
  }, 60_000);

  it("an import of the exported core has the thread that crashed, and tells the signal again", async () => {
    const again = new BytesSink();
    const { lost, threads } = await importCapture(readFileSync(exported), again);
    const capture = await openCapture(again.bytes());
    const [first] = await capture.threads();
    expect([first?.crashed, first?.current, threads]).toEqual([true, true, 2]);
    expect(lost).toContain(`the signal of thread ${first?.id}, for which a capture has no field: 11, code 1, address 0x1234`);
    const minidump = new BytesSink();
    const { notes } = await exportMinidump(capture, minidump);
    expect(notes.map(({ subject }) => subject)).toContain("ExceptionStream");
    const dump = join(folder, "exported.dmp");
    writeFileSync(dump, minidump.bytes());
    const listed = attempted("lldb", ["--no-lldbinit", "--batch", "-c", dump, "-o", "thread list"]);
    expect(listed).toMatch(new RegExp(`\\* thread #1: tid = ${first?.id}, .* stop reason = signal SIGSEGV`));
  }, 60_000);
});
