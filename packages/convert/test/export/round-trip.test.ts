/** A capture that was exported as an ELF core and imported again. */
import { BytesSink, type Capture, openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { type ElfCoreOptions, exportElfCore, importCapture } from "../../src/index.js";
import { little, type SmallCapture, smallCapture } from "./small-capture.js";

/** Addresses with the state of their bytes, and a digit for each page. */
async function memoryOf({ memory }: Capture) {
  const ranges: [string, bigint, bigint][] = [];
  for await (const { start, end, state } of memory.states()) ranges.push([state === "captured" ? state : "hole", start, end]);
  const bytes: [bigint, Uint8Array][] = [];
  for await (const { start, end } of memory.ranges())
    bytes.push([start, (await memory.read(start, Number(end - start))).bytes()]);
  return { ranges, bytes };
}

async function threadsOf(capture: Capture) {
  const threads = await capture.threads();
  return Promise.all(
    threads.map(async (thread) => ({
      id: thread.id,
      current: thread.current,
      registers: Object.fromEntries((await thread.registers()).map(({ name, value }) => [name, value])),
    })),
  );
}

async function again(content: SmallCapture, options: ElfCoreOptions = {}) {
  const before = await smallCapture(content);
  const [core, sink] = [new BytesSink(), new BytesSink()];
  await exportElfCore(before, core, options);
  await importCapture(core.bytes(), sink);
  return { before, after: await openCapture(sink.bytes()) };
}

const names =
  "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs".split(
    " ",
  );
const registers = (seed: number) => Object.fromEntries(names.map((name, i) => [name, little(BigInt(seed + i), 8)]));

describe("import of an exported ELF core", () => {
  it("memory, threads and the process are those of the capture", async () => {
    const { before, after } = await again({
      regions: [
        { base: 0x10000n, pages: [1, "failed", "failed", 2, 3], protection: 5 },
        { base: 0x15000n, pages: [4], protection: 3 },
        { base: 0x7fff00000000n, pages: ["failed", 9], protection: 1 },
      ],
      threads: [
        { id: 9n, registers: registers(100) },
        { id: 7n, current: true, registers: registers(1000) },
      ],
    });
    expect(await memoryOf(after)).toEqual(await memoryOf(before));
    const [expected, found] = [await threadsOf(before), await threadsOf(after)];
    expect(found.map(({ id, current }) => [id, current])).toEqual([
      [7n, true],
      [9n, false],
    ]);
    for (const { id, registers: values } of expected)
      expect(found.find((thread) => thread.id === id)?.registers).toMatchObject(values);
    const { header } = after;
    expect([header.pid, header.osType, header.archType]).toEqual([77, 1, 1]);
    expect((await after.regions()).map(({ head }) => head.protection)).toEqual(expect.arrayContaining([5, 3, 1]));
  });

  it("more segments than e_phnum can count come back, each with its bytes", async () => {
    const pages = Array.from({ length: 66_000 }, (_, i) => (i % 2 === 0 ? i % 251 : ("failed" as const)));
    const { before, after } = await again({ regions: [{ base: 0x10000n, pages }] });
    const [expected, found] = [await memoryOf(before), await memoryOf(after)];
    expect(found.ranges).toEqual(expected.ranges);
    expect(found.bytes).toHaveLength(33_000);
    for (const [index, [start, bytes]] of found.bytes.entries())
      if (start !== expected.bytes[index]?.[0] || Buffer.compare(bytes, expected.bytes[index]?.[1] ?? bytes) !== 0)
        throw new Error(`page at ${start.toString(16)}`);
  });
});
