/** `capture.threads()`: the threads of captures by real producers, and of captures with contradictory, damaged or missing thread blocks. */
import { describe, expect, it } from "vitest";
import { openCapture, type Register, registerValue } from "../src/index.js";
import { type BlockSpec, captureOf, regionPayload } from "./build-capture.js";
import { crossCheck } from "./cross-check.js";
import { expectation, fixturePath } from "./fixtures.js";
import { opened } from "./transcode-support.js";

interface Recorded {
  readonly threadId: string;
  readonly flags: number;
  readonly name: string;
  readonly registers: readonly { name: string; width: number; flags: number; valueHex: string }[];
}

const recordedThreads = (name: string) =>
  expectation(name).blocks.flatMap((block) => (block["type"] === 0x11 ? [block["payload"] as Recorded] : []));
const storedValue = ({ valueHex }: Recorded["registers"][number]) => BigInt(`0x${valueHex.match(/../g)?.reverse().join("")}`);

/** A thread with a program counter and a stack pointer of 8 bytes each. */
function thread(id: number, flags: number, pc: bigint, sp = 0n): BlockSpec {
  const payload = new Uint8Array(32 + 48);
  const fields = new DataView(payload.buffer);
  fields.setUint32(0, id, true);
  fields.setUint16(0x10, flags, true);
  fields.setUint32(0x14, 2, true);
  for (const [at, name, flag, value] of [
    [32, "pc", 1, pc],
    [56, "sp", 2, sp],
  ] as const) {
    payload.set([3, 8, flag, 0], at);
    payload.set(new TextEncoder().encode(name), at + 8);
    fields.setBigUint64(at + 16, value, true);
  }
  return { type: 0x11, payload };
}

describe("capture.threads()", () => {
  it.each(["rf-threads-x64", "rf-threads-arm64-zstd", "r2-dgm", "r2-genmsl-mt"])(
    "capture.threads() returns the threads, registers and register roles that are recorded for %s",
    async (name) => {
      const recorded = recordedThreads(name);
      const capture = await openCapture(fixturePath(name));
      const threads = await capture.threads();
      expect(threads.map(({ id, name: called }) => [String(id), called])).toEqual(
        recorded.map((one) => [one.threadId, one.name]),
      );
      for (const [i, found] of threads.entries()) {
        const expected = recorded[i]?.registers ?? [];
        const registers = await found.registers();
        expect(
          registers.map(({ name: called, width, flags, value }: Register) => [
            called,
            width,
            flags,
            Buffer.from(value).toString("hex"),
          ]),
        ).toEqual(expected.map(({ name: called, width, flags, valueHex }) => [called, width, flags, valueHex]));
        const role = (flag: number) => expected.find(({ flags }) => (flags & flag) !== 0);
        for (const [value, flag] of [
          [found.pc, 1],
          [found.sp, 2],
          [found.fp, 4],
          [found.flagsRegister, 8],
        ] as const) {
          const holder = role(flag);
          expect(value).toBe(holder && storedValue(holder));
        }
      }
      expect(threads.filter(({ current }) => current)).toHaveLength(1);
      await capture.close();
    },
  );

  it("capture.threads() returns a program counter and a stack pointer that `capture.locate` finds in a module and in a region", async () => {
    const module = new Uint8Array(24 + 8 + 40);
    const fields = new DataView(module.buffer);
    fields.setBigUint64(0, 0x400000n, true);
    fields.setBigUint64(8, 0x2000n, true);
    fields.setUint16(16, 5, true);
    module.set(new TextEncoder().encode("libx"), 24);
    const blocks = [
      { type: 0x02, payload: module },
      thread(1, 1, 0x401234n, 0x10400n),
      { type: 0x01, payload: regionPayload({ base: 0x10000n, states: [0, 1], fill: 1 }) },
    ];
    await opened(captureOf(blocks), async (capture) => {
      const [one] = await capture.threads();
      expect(await capture.locate(one?.pc ?? 0n)).toMatchObject({ module: { path: "libx" }, moduleOffset: 0x1234n });
      const stack = await capture.locate(one?.sp ?? 0n);
      expect([stack.module, stack.region?.baseAddr]).toEqual([undefined, 0x10000n]);
      expect(await capture.locate(0x999n)).toEqual({ address: 0x999n });
      expect(await capture.locate(1n << 70n)).toEqual({ address: 1n << 70n });
    });
  });

  it("capture.threads() marks the first thread with the flag Current, or else the first thread, and reports THR-CURRENT unless one thread has the flag", async () => {
    const current = (blocks: BlockSpec[]) =>
      opened(captureOf(blocks), async (capture) => {
        const threads = await capture.threads();
        const ids = (await crossCheck(capture)).map(({ id }) => id).filter((id) => id.startsWith("THR"));
        return [threads.flatMap((one) => (one.current ? [one.id] : [])), ids];
      });
    expect(await current([thread(1, 0, 1n), thread(2, 1, 2n)])).toEqual([[2n], []]);
    expect(await current([thread(1, 0, 1n), thread(2, 0, 2n)])).toEqual([[1n], ["THR-CURRENT"]]);
    expect(await current([thread(1, 0, 1n), thread(2, 1, 2n), thread(3, 1, 3n)])).toEqual([[2n], ["THR-CURRENT"]]);
    expect(await current([])).toEqual([[], []]);
  });

  it("capture.threads() returns a thread once, with the values of its first block, if two blocks have the same thread ID", async () => {
    await opened(captureOf([thread(1, 0, 1n), thread(2, 1, 2n), thread(2, 1, 9n)]), async (capture) => {
      const threads = await capture.threads();
      expect(threads.map(({ id, pc, blocks }) => [id, pc, blocks])).toEqual([
        [1n, 1n, [0]],
        [2n, 2n, [1, 2]],
      ]);
      expect((await crossCheck(capture)).map(({ id }) => id)).toContain("THR-DUP");
    });
  });

  it("capture.threads() returns a thread with a problem and the readable registers for a damaged thread block", async () => {
    const capture = await openCapture(fixturePath("x-thread-regcount"));
    const threads = await capture.threads();
    const [damaged] = threads.filter(({ problem }) => problem !== undefined);
    expect(damaged?.registerCount).toBeGreaterThan(0);
    expect(await damaged?.registers()).toHaveLength(damaged?.registerCount ?? 0);
    await capture.close();
  });

  it("capture.threads() returns no thread in a strict capture, and none for a block of type 0x11 whose payload is not a thread", async () => {
    await opened(captureOf([thread(1, 1, 1n)]), async (capture) => expect(await capture.threads()).toEqual([]), { strict: true });
    const other = { type: 0x11, payload: new Uint8Array(12) };
    await opened(captureOf([other]), async (capture) => expect(await capture.threads()).toEqual([]));
  });

  it("capture.threads() returns no thread whose block lies behind End-of-Capture", async () => {
    const blocks = [thread(1, 1, 1n), { type: 0xfff, payload: new Uint8Array(48) }, thread(2, 0, 2n)];
    await opened(captureOf(blocks), async (capture) => expect((await capture.threads()).map(({ id }) => id)).toEqual([1n]));
  });
});

it("registerValue decodes bytes of any number as an unsigned little-endian integer, and none as undefined", () => {
  const register = (...bytes: number[]) => ({ name: "r", width: bytes.length, flags: 0, value: Uint8Array.from(bytes) });
  expect(registerValue(register(0xff, 0xff))).toBe(0xffffn);
  expect(registerValue(register(1, 0, 0, 0, 0, 0, 0, 0, 2))).toBe((2n << 64n) + 1n);
  expect(registerValue(register())).toBeUndefined();
  expect(registerValue(undefined)).toBeUndefined();
});
