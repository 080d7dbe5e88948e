/** A large mapping without a page, which is not looked up page by page, and gets pages afterwards. */
import { BytesSink, openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { acquire } from "../src/acquire.js";
import { openProcess } from "../src/memory/process-memory.js";
import { CAN_CAPTURE, residentKib, type Target, Targets } from "./support/target.js";

const HALF = 1n << 30n;

async function write({ pid }: Target): Promise<void> {
  const before = residentKib(pid);
  process.kill(pid, "SIGUSR1");
  while (residentKib(pid) < before + 8) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe.runIf(CAN_CAPTURE)("a large mapping that gets its first pages", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("has them in the memory of the process, which was opened before", async () => {
    const target = await targets.start("late-pages");
    const { address = 0n, bytes = 0n } = target.planted.get("late") ?? {};
    const memory = await openProcess(target.pid);
    const before = await memory.extent(address, address + bytes);
    await write(target);
    const ranges = [];
    for await (const range of memory.ranges(address, address + bytes)) ranges.push(range);
    const { segments } = await memory.readInto(new Uint8Array(8192), address + HALF);
    memory.close();
    target.end();
    expect(before).toEqual({ captured: 0n, failed: 0n, unmapped: bytes, missing: 0n });
    expect(ranges).toEqual([{ start: address + HALF, end: address + HALF + 8192n }]);
    expect(segments.map(({ state, length }) => [state, length])).toEqual([["captured", 8192]]);
  });

  it("has them in a capture, if it gets them while the process is captured", async () => {
    const target = await targets.start("late-pages");
    const { address = 0n, bytes = 0n } = target.planted.get("late") ?? {};
    const sink = new BytesSink();
    let isWritten = false;
    // The plan is told when the kernel has counted, and before anything is read.
    const onPlan = () => {
      process.kill(target.pid, "SIGUSR1");
      const before = Date.now();
      while (!isWritten && Date.now() - before < 10_000) isWritten = residentKib(target.pid) >= resident + 8;
    };
    const resident = residentKib(target.pid);
    await acquire(target.pid, sink, { onPlan });
    target.end();
    expect(isWritten).toBe(true);
    const capture = await openCapture(sink.bytes());
    expect(await capture.memory.extent(address, address + bytes)).toMatchObject({ captured: 8192n });
    const read = await capture.memory.read(address + HALF, 8192);
    expect(read.bytes().every((byte) => byte === 0x5a)).toBe(true);
  });
});
