/** Damage inside a payload of type 0x0055: the sound rows are read by the grammar that has more of them, and the damage is reported. */
import { describe, expect, it } from "vitest";
import { MslSliceReader } from "../src/index.js";
import { captureOf } from "./build-capture.js";

const hex = (text: string) => Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function decode(payload: Uint8Array) {
  const result = new MslSliceReader(captureOf([{ type: 0x55, payload }])).at(0).decode();
  return { ...result, ids: result.deviations.map(({ id }) => id) };
}

/** Two rows: an IPv4 route of eth0, and the number of TCP sockets in use. */
const ROUTE = "01 1c00 0400 65746830 01020304 05060708 ffffff00 0300 64000000 dc050000";
const SOCKETS = "06 1100 02 05000000 06000000 0700000000000000";
/** A payload that memslicer 0.2.7 wrote: page size, build id, la57 and clocksource. */
const BUNDLE = hex(`04000000 00000000 0100 0400 00100000 0200 1400 ${"4b".repeat(20)} 0500 0100 01 0e00 0300 747363 00000000`);

describe("a damaged Connectivity Table", () => {
  it("a Connectivity Table with a NUL inside a text keeps its rows and reports the NUL", () => {
    const { payload, ids } = decode(hex(`02000000 00000000 ${ROUTE.replace("65746830", "65740030")} ${SOCKETS}`));
    expect(payload).toMatchObject({
      kind: "ConnectivityTable",
      rows: [
        { iface: "et", metric: 100 },
        { rowType: 6, inUse: 5 },
      ],
    });
    expect(ids).toEqual(["STR-NUL"]);
  });

  it("a Connectivity Table row too short for its fields keeps its bytes, and the next row is read", () => {
    const { payload, ids } = decode(hex(`02000000 00000000 01 0400 deadbeef ${SOCKETS}`));
    expect(payload).toMatchObject({
      rows: [
        { rowType: 1, raw: hex("deadbeef") },
        { rowType: 6, alloc: 6 },
      ],
    });
    expect(ids).toEqual(["CON-ROW"]);
  });

  it("a Connectivity Table whose RowCount is one too high is a problem with all rows", () => {
    const { payload, problem, partial } = decode(hex(`03000000 00000000 ${ROUTE} ${SOCKETS}`));
    expect(payload).toBeUndefined();
    expect(problem?.id).toBe("STR-OVERRUN");
    expect(partial).toMatchObject({ rows: [{ iface: "eth0" }, { mem: 7n }] });
  });

  it("a Connectivity Table whose RowCount is one too low has the rows of the count, and reports the surplus", () => {
    const { payload, ids } = decode(hex(`01000000 00000000 ${ROUTE} ${SOCKETS}`));
    expect(payload).toMatchObject({ kind: "ConnectivityTable", rows: [{ iface: "eth0" }] });
    expect(ids).toEqual(["LEN-EXTRA"]);
  });

  it("a Connectivity Table with a RowCount of 0 before rows is empty, and reports the surplus", () => {
    const { payload, ids } = decode(hex(`00000000 00000000 ${ROUTE}`));
    expect(payload).toMatchObject({ kind: "ConnectivityTable", rows: [] });
    expect(ids).toEqual(["LEN-EXTRA"]);
  });

  it("a Connectivity Table with reserved bytes that are not zero keeps its rows and reports the bytes", () => {
    const { payload, ids } = decode(hex(`01000000 00000001 ${ROUTE}`));
    expect(payload).toMatchObject({ kind: "ConnectivityTable", rows: [{ iface: "eth0" }] });
    expect(ids).toEqual(["PAY-RESERVED"]);
  });

  it("a Connectivity Table that ends inside its count is a problem", () => {
    expect(decode(hex("010000")).problem?.id).toBe("STR-OVERRUN");
  });
});

describe("a damaged KernelSymbolBundle", () => {
  it("a KernelSymbolBundle with a tag out of order keeps its rows and names the row", () => {
    const bytes = BUNDLE.slice();
    bytes[40] = 1; // The third row's tag, 5.
    const { payload, ids, deviations } = decode(bytes);
    expect(payload).toMatchObject({ kind: "KernelSymbolBundle", rows: [{ tag: 1 }, { tag: 2 }, { tag: 1 }, { tag: 14 }] });
    expect(ids).toEqual(["CON-ROW", "EXT-MEMSLICER", "BLK-PADDING"]);
    expect(deviations[0]).toMatchObject({ field: "rows[2]", offset: 64 + 80 + 40 });
  });

  it("a KernelSymbolBundle whose count is one too high is a problem with the rows before its padding", () => {
    const bytes = BUNDLE.slice(0, 52); // Without the padding, which has the bytes of another row.
    bytes[0] = 5;
    const { problem, partial } = decode(bytes);
    expect(problem?.id).toBe("STR-OVERRUN");
    expect(partial).toMatchObject({ rows: [{ tag: 1 }, { tag: 2 }, { tag: 5 }, { tag: 14 }] });
  });

  it("a KernelSymbolBundle whose first value has the wrong width has no sound row and stays raw, which is reported", () => {
    const payload = hex("01000000 00000000 0100 0200 0010");
    const result = decode(payload);
    expect(result.payload).toEqual({ kind: "Raw", raw: payload });
    expect(result.ids).toEqual(["CON-ROW"]);
  });
});
