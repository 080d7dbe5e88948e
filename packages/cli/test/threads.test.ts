/** The threads that `msl` shows. The expected values are the input of the program that wrote the capture. */
import { mkdtempSync, rmSync } from "node:fs";
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
