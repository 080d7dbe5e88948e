/** The memory of a process that runs, read without a capture. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openProcess, type ProcessMemory } from "../src/memory/process-memory.js";
import { CAN_CAPTURE, type Planted, residentKib, type Target, Targets } from "./support/target.js";

const PAGE = 4096n;

describe.runIf(CAN_CAPTURE)("the memory of a process that runs", () => {
  const targets = new Targets();
  let target: Target;
  let memory: ProcessMemory;
  beforeAll(async () => {
    target = await targets.start("every-kind", targets.newFolder("files"));
    memory = await openProcess(target.pid);
  });
  afterAll(() => {
    memory.close();
    targets.remove();
  });
  const planted = (name: string) => target.planted.get(name) as Planted;
  const readAt = async (address: bigint, length: number) => {
    const bytes = new Uint8Array(length).fill(0xee);
    const { segments } = await memory.readInto(bytes, address);
    return { bytes, states: segments.map(({ length: own, state }) => `${own} ${state}`) };
  };

  it("reads any bytes at any address, also across pages that are not there, and gives the state of each", async () => {
    const { address } = planted("sparse");
    const at = address + 7n * PAGE + 4000n;
    const { bytes, states } = await readAt(at, 96 + 8 * 4096 + 100);
    expect(states).toEqual(["96 unmapped", "32768 captured", "100 unmapped"]);
    expect(bytes.subarray(0, 96).every((byte) => byte === 0xee)).toBe(true);
    expect(new DataView(bytes.buffer).getBigUint64(96, true)).toBe(address + 8n * PAGE);
    expect(bytes.subarray(96 + 8, 96 + 4096).every((byte) => byte === 0x12)).toBe(true);
    expect(bytes.at(-1)).toBe(0xee);
    const inside = await readAt(address + 8n * PAGE + 100n, 5);
    expect([inside.states, [...inside.bytes]]).toEqual([["5 captured"], [0x12, 0x12, 0x12, 0x12, 0x12]]);
    const across = await readAt(address + 9n * PAGE - 3n, 14);
    expect([...across.bytes.subarray(0, 3), ...across.bytes.subarray(11)]).toEqual([0x12, 0x12, 0x12, 0x12, 0x12, 0x12]);
  });

  it("reads around a guard page, and addresses without mapping are absent", async () => {
    const { address, pages } = planted("guarded");
    const { bytes, states } = await readAt(address, 8 * 4096);
    const hasGuard = pages.includes("-");
    expect(states).toEqual(hasGuard ? ["16384 captured", "4096 unmapped", "12288 captured"] : ["32768 captured"]);
    expect([bytes[4095], bytes.at(-1)]).toEqual([0x17, 0x17]);
    expect(new DataView(bytes.buffer).getBigUint64(7 * 4096, true)).toBe(address + 7n * PAGE);
    expect((await readAt(16n, 100)).states).toEqual(["100 absent"]);
    expect((await readAt(2n ** 64n - 100n, 100)).states).toEqual(["100 absent"]);
  });

  it("counts and lists what is there, and does not make the process grow", async () => {
    const before = residentKib(target.pid);
    const { address, bytes } = planted("sparse");
    expect(await memory.extent(address, address + bytes)).toEqual({
      captured: 9n * PAGE,
      failed: 0n,
      unmapped: 55n * PAGE,
      missing: 0n,
    });
    const ranges = [];
    for await (const { start, end } of memory.ranges(address, address + bytes)) ranges.push([start - address, end - address]);
    expect(ranges).toEqual([
      [8n * PAGE, 16n * PAGE],
      [32n * PAGE, 33n * PAGE],
    ]);
    for await (const { start, end } of memory.ranges()) await readAt(start, Number(end - start));
    expect(Math.abs(residentKib(target.pid) - before) / before).toBeLessThan(0.01);
  });

  it("is an error when the process has ended, and not memory without pages", async () => {
    const other = await targets.start("large", "16", "16");
    const opened = await openProcess(other.pid);
    const { address } = other.planted.get("large") as Planted;
    const bytes = new Uint8Array(4096);
    expect((await opened.readInto(bytes, address)).segments[0]?.state).toBe("captured");
    const ended = new Promise((resolve) => other.child.once("exit", resolve));
    other.end();
    await ended;
    const gone = { code: "source", message: expect.stringContaining("has ended") };
    await expect(opened.readInto(bytes, address)).rejects.toMatchObject(gone);
    await expect(opened.extent()).rejects.toMatchObject(gone);
    opened.close();
  });
});
