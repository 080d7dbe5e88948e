/** Thread Context 0x0011: its layout, payloads that contradict it, and other payloads under the same code. */
import { describe, expect, it } from "vitest";
import { MslReader, MslSliceReader, openCapture, type SliceOptions } from "../src/index.js";
import { captureOf } from "./build-capture.js";

const hex = (text: string) => Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function decode(payload: Uint8Array, options: SliceOptions = {}, version = 1) {
  const result = new MslSliceReader(captureOf([{ type: 0x11, version, payload }]), options).at(0).decode();
  return { ...result, ids: result.deviations.map(({ id }) => id) };
}

/** A payload that reverseame/memslicer wrote, and its values. */
const FORK = hex(`9210000000000000 0000000000000000 0100 03 00 03000000 0600 000000000000 77c3b6726b000000
  04 08 0100 00000000 7269700000000000 0010400000000000
  05 10 0000 00000000 786d6d3000000000 000102030405060708090a0b0c0d0e0f
  04 0a 0000 00000000 7374300000000000 10111213141516171819000000000000`);
/** Written by radare2's genmsl.py. */
const RADARE2 = hex(`0700000000000000 0000000000000000 0100 03 00 03000000 0000 000000000000
  04 08 0100 00000000 7269700000000000 0010000000000000
  04 08 0200 00000000 7273700000000000 f02f000000000000
  04 08 0000 00000000 7261780000000000 2a00000000000000`);

const changed = (bytes: Uint8Array, at: number, value: number) => {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
};

describe("a Thread Context", () => {
  it("a Thread Context of reverseame/memslicer has its name and registers of every width", () => {
    const { payload, ids } = decode(FORK);
    expect(payload).toMatchObject({
      kind: "ThreadContext",
      threadId: 4242n,
      startTimeNs: 0n,
      flags: 1,
      threadState: 3,
      threadStateName: "stopped",
      regCount: 3,
      name: "wörk",
      registers: [
        { name: "rip", width: 8, flags: 1, value: hex("0010400000000000") },
        { name: "xmm0", width: 16, flags: 0, value: hex("000102030405060708090a0b0c0d0e0f") },
        { name: "st0", width: 10, flags: 0, value: hex("10111213141516171819") },
      ],
    });
    expect(ids).toEqual(["EXT-THREAD", "THR-ROLE"]);
  });

  it("a Thread Context of radare2 has no name, a program counter and a stack pointer", () => {
    const { payload, ids } = decode(RADARE2);
    expect(payload).toMatchObject({
      threadId: 7n,
      name: "",
      registers: [{ name: "rip" }, { name: "rsp", flags: 2 }, { name: "rax" }],
    });
    expect(ids).toEqual(["EXT-THREAD"]);
  });

  it("a Thread Context is the same to all readers", async () => {
    const bytes = captureOf([{ type: 0x11, payload: FORK }]);
    const expected = new MslSliceReader(bytes).at(0).decode();
    const capture = await openCapture(bytes);
    expect(await capture.blocks.at(0).decode()).toEqual(expected);
    await capture.close();
    for await (const block of MslReader.from([bytes])) expect(await block.decode()).toEqual(expected);
  });

  it("a strict reader refuses a Thread Context, and keeps its bytes", () => {
    const { payload, problem, raw } = decode(FORK, { strict: true });
    expect(payload).toBeUndefined();
    expect(problem?.id).toBe("EXT-THREAD");
    expect(raw).toEqual(FORK);
  });

  it("a Thread Context of a later PayloadVersion is skipped", () => {
    expect(decode(FORK, {}, 2).problem?.id).toBe("BLK-PAYLOADVERSION");
  });

  it("a Thread Context without its last padding is read, and the padding is reported", () => {
    const { payload, ids } = decode(FORK.slice(0, -6));
    expect(payload).toMatchObject({ registers: [{}, {}, { name: "st0", width: 10 }] });
    expect(ids).toEqual(["EXT-THREAD", "STR-PAD", "THR-ROLE"]);
  });

  it("an unknown ThreadState keeps its number", () => {
    const { payload, ids } = decode(changed(RADARE2, 0x12, 9));
    expect(payload).toMatchObject({ threadState: 9, threadStateName: "0x09" });
    expect(ids).toEqual(["EXT-THREAD", "THR-STATE"]);
  });

  it("a Thread Context without registers is read, and its missing program counter is reported", () => {
    expect(decode(changed(RADARE2.slice(0, 32), 0x14, 0)).ids).toEqual(["EXT-THREAD", "THR-ROLE"]);
  });

  it("a Thread Context with too small a RegCount has surplus bytes", () => {
    const { payload, ids } = decode(changed(RADARE2, 0x14, 2));
    expect(payload).toMatchObject({ registers: [{ name: "rip" }, { name: "rsp" }] });
    expect(ids).toEqual(["EXT-THREAD", "LEN-EXTRA"]);
  });
});

describe("a damaged Thread Context", () => {
  const complete = { registers: [{ name: "rip" }, { name: "rsp" }, { name: "rax" }] };

  it.each([
    ["RegCount of one too many", changed(RADARE2, 0x14, 4), complete],
    ["RegCount of 2^32 - 1", changed(changed(changed(changed(RADARE2, 0x14, 255), 0x15, 255), 0x16, 255), 0x17, 255), complete],
    ["Width of 255 in the last register", changed(RADARE2, 81, 255), { registers: [{ name: "rip" }, { name: "rsp" }] }],
    ["NameLen of 255 in the first register", changed(RADARE2, 32, 255), { threadId: 7n, registers: [] }],
  ])("a Thread Context with a %s is a problem, and keeps the registers before it", (_, payload, partial) => {
    const result = decode(payload);
    expect(result.payload).toBeUndefined();
    expect(result.problem?.id).toBe("STR-OVERRUN");
    expect(result.partial).toMatchObject(partial);
  });

  it("a Thread Context with a NameLen beyond the payload is a problem, and keeps its id", () => {
    const { problem, partial } = decode(changed(RADARE2, 0x19, 1));
    expect(problem?.id).toBe("STR-OVERRUN");
    expect(partial).toMatchObject({ threadId: 7n, threadState: 3 });
  });

  it("a Thread Context with registers of 8 bytes each stops at the limit of entries", () => {
    const payload = new Uint8Array(32 + 8 * 1000);
    new DataView(payload.buffer).setUint32(0x14, 1000, true);
    const { problem, partial } = decode(payload, { entryLimit: 100 });
    expect(problem).toMatchObject({ id: "CMP-LIMIT", at: 32 + 8 * 100 });
    expect(partial?.["registers"]).toHaveLength(100);
  });
});

describe("another payload under the code 0x0011", () => {
  it.each([
    ["too short for the layout, as MemDiver's fixtures have it", hex("0100000000000000 deadbeef")],
    ["with something in the reserved bytes, and no end to the walk", changed(changed(RADARE2, 0x13, 1), 0x14, 9)],
  ])("the payload of a 0x0011 stays raw: %s", (_, payload) => {
    const result = decode(payload);
    expect(result.payload).toEqual({ kind: "Raw", raw: payload });
    expect(result.ids).toEqual(["TYP-UNSPECIFIED"]);
  });

  it("a Thread Context with reserved bytes that are not zero is decoded where its registers fill the payload", () => {
    const { payload, ids } = decode(changed(RADARE2, 0x13, 1));
    expect(payload).toMatchObject({ threadId: 7n, registers: [{}, {}, {}] });
    expect(ids).toEqual(["EXT-THREAD", "PAY-RESERVED"]);
  });
});
