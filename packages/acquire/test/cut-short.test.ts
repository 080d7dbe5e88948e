/** Captures that cannot come to their end: the disk is full, or the process runs another program. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { BytesSink, fileSink, openCapture, type Sink } from "@memslice/msl";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { acquire } from "../src/acquire.js";
import { CAN_CAPTURE, stateOf, Targets } from "./support/target.js";

const ROOM = 8 * 1024 * 1024;

describe.runIf(CAN_CAPTURE)("a capture that is cut short", () => {
  const targets = new Targets();
  const full = join(targets.folder, "full");
  mkdirSync(full);
  const canMount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${ROOM}`, "tmpfs", full]).status === 0;
  afterAll(() => {
    if (canMount) spawnSync("umount", [full]);
    targets.remove();
  });
  afterEach(() => spawnSync("find", [full, "-name", "*.msl", "-delete"]));

  it.runIf(canMount).each([{}, { freeze: true }, { compression: "lz4" }] as const)(
    "by a full disk throws sink with the reason of the system, and leaves all complete blocks: %j",
    async (options) => {
      const target = await targets.start("large", "32", "32");
      const out = join(full, "out.msl");
      const failure = await acquire(target.pid, await fileSink(out), options).catch((error) => error);
      expect(failure).toMatchObject({ code: "sink", message: expect.stringContaining("ENOSPC") });
      expect(stateOf(target.pid)).not.toBe("T");
      target.end();
      expect(statSync(out).size).toBe(ROOM);
      const capture = await openCapture(readFileSync(out));
      expect((await capture.verify()).outcome).toBe("incomplete");
      expect((await capture.regions()).length).toBeGreaterThan(1);
      const { captured } = await capture.memory.extent();
      expect(captured).toBeGreaterThan(0n);
    },
  );

  it("by a full device throws sink", async () => {
    const target = await targets.start("large", "1", "1");
    const sink = await fileSink("/dev/full", { overwrite: true, sync: "never" });
    await expect(acquire(target.pid, sink)).rejects.toMatchObject({ code: "sink", message: expect.stringContaining("ENOSPC") });
    target.end();
  });

  it("by a process that runs another program after its identity was written has no page of that program, also if it is stopped then", async () => {
    const target = await targets.start("other-program", "1");
    const isOther = () => readFileSync(`/proc/${target.pid}/cmdline`, "latin1").startsWith("other\0");
    const bytes = new BytesSink();
    let isTold = false;
    const sink: Sink = {
      keepsBytes: false,
      write: async (piece) => {
        await bytes.write(piece);
        if (isTold) return;
        isTold = true;
        process.kill(target.pid, "SIGUSR1");
        for (const until = Date.now() + 10_000; !isOther() && Date.now() < until; );
      },
    };
    const report = await acquire(target.pid, sink, {
      freeze: true,
      investigation: { operator: "A. Examiner", hostname: "lab-7" },
    });
    expect(isOther()).toBe(true);
    target.end();
    expect(report).toMatchObject({ targetEnded: true, complete: false, consistent: false, pages: { captured: 0 } });
    const capture = await openCapture(bytes.bytes());
    expect((await capture.verify()).outcome).toBe("intact");
    const written: unknown[] = [];
    for await (const batch of capture.decodeAll())
      for (const { result } of batch) if (result.payload?.kind === "ProcessIdentity") written.push(result.payload.cmdLine);
    expect(written).toEqual([expect.stringMatching(/other-program 1$/)]);
    expect((await capture.memory.extent()).captured).toBe(0n);
  });

  it("by a process that runs another program has pages of the first program alone, and says so", async () => {
    const target = await targets.start("other-program", "64");
    const sink = new BytesSink();
    let isOther = false;
    const report = await acquire(target.pid, sink, {
      onProgress: () => {
        if (isOther) return;
        process.kill(target.pid, "SIGUSR1");
        const until = Date.now() + 10_000;
        while (!isOther && Date.now() < until)
          isOther = readFileSync(`/proc/${target.pid}/cmdline`, "latin1").startsWith("other\0");
      },
    });
    target.end();
    expect(isOther).toBe(true);
    expect(report).toMatchObject({ targetEnded: true, complete: false, consistent: false });
    const capture = await openCapture(sink.bytes());
    expect((await capture.verify()).outcome).toBe("intact");
    let planted = 0;
    for await (const { start, end } of capture.memory.ranges()) {
      for (let at = start; at < end; at += 4096n) {
        const bytes = (await capture.memory.read(at, 4096)).bytes();
        if (bytes.every((byte) => byte === 0x33)) planted++;
        // Its argument is in the memory of the other program alone.
        expect(Buffer.from(bytes).includes("\0other\0")).toBe(false);
      }
    }
    expect(planted).toBeLessThan(64 * 256);
  });
});
