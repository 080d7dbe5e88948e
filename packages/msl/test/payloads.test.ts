import { describe, expect, it } from "vitest";
import type { Authorship } from "../src/format/dialects/dialects.js";
import { decodePayload } from "../src/format/payloads/decode-payload.js";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

const NOBODY: Authorship = { marked: false, memslicer: false, memdiver: false };

function decode(type: number, bytes: Uint8Array, authorship: Authorship = NOBODY) {
  const result = decodePayload(bytes, { type, payloadVersion: 1, length: bytes.length, authorship });
  return { ...result, ids: result.deviations.map(({ id }) => id) };
}

/** Payloads that memslicer 0.2.7 wrote, and their values. */
describe("memslicer's payloads", () => {
  const CONTEXT_B = hex(`8877665544332211 01 df020000 0200 0500 0000 0300 0200 000000000000000000
    7500000000000000 686f737400000000 6f64000000000000 4300000000000000`);

  it("a System Context with TargetCount in one byte is decoded as memslicer wrote it", () => {
    expect(decode(0x50, CONTEXT_B)).toMatchObject({
      payload: {
        kind: "SystemContext",
        bootTimeNs: 0x1122334455667788n,
        targetCount: 1,
        tableBitmap: 0x2df,
        acqUser: "u",
        hostname: "host",
        domain: "",
        osDetail: "od",
        caseRef: "C",
      },
      ids: ["SYS-LAYOUT-B"],
    });
  });

  const BUNDLE = hex(`04000000 00000000 0100 0400 00100000 0200 1400 ${"4b".repeat(20)} 0500 0100 01 0e00 0300 747363 00000000`);

  it("a KernelSymbolBundle under the code of the Connectivity Table is recognised by its rows", () => {
    const { payload, ids } = decode(0x55, BUNDLE);
    expect(payload).toMatchObject({
      kind: "KernelSymbolBundle",
      rows: [
        { tag: 1, tagName: "kernel page size", value: hex("00100000") },
        { tag: 2, value: new Uint8Array(20).fill(0x4b) },
        { tag: 5, tagName: "la57", value: hex("01") },
        { tag: 14, tagName: "clocksource", value: hex("747363") },
      ],
    });
    expect(ids).toEqual(["EXT-MEMSLICER", "BLK-PADDING"]);
  });

  it("an empty table at 0x0055 is a Connectivity Table, unless memslicer's marks are there", () => {
    const empty = new Uint8Array(8);
    expect(decode(0x55, empty).payload?.kind).toBe("ConnectivityTable");
    expect(decode(0x55, empty, { ...NOBODY, memdiver: true }).payload?.kind).toBe("ConnectivityTable");
    expect(decode(0x55, empty, { ...NOBODY, marked: true }).payload?.kind).toBe("KernelSymbolBundle");
  });

  const ROUTE = "01 1c00 0400 65746830 01020304 05060708 ffffff00 0300 64000000 dc050000";

  it("every type of Connectivity Table row is decoded", () => {
    expect(decode(0x54, hex(`01000000 00000000 ${ROUTE}`)).payload).toMatchObject({
      kind: "ConnectivityTable",
      rows: [
        {
          rowType: 1,
          iface: "eth0",
          dest: hex("01020304"),
          gateway: hex("05060708"),
          mask: hex("ffffff00"),
          flags: 3,
          metric: 100,
          mtu: 1500,
        },
      ],
    });
  });

  it("rows of unknown type and malformed rows stay raw, and the next row is read", () => {
    const { payload, ids } = decode(0x54, hex(`03000000 00000000 63 0200 abcd 06 0100 02 ${ROUTE}`));
    expect(payload).toMatchObject({
      rows: [
        { rowType: 0x63, raw: hex("abcd") },
        { rowType: 6, raw: hex("02") },
        { rowType: 1, iface: "eth0" },
      ],
    });
    expect(ids).toEqual(["CON-TYPE", "CON-ROW"]);
  });

  it("a row count above what the payload holds is a problem, with the complete rows", () => {
    const { problem, partial } = decode(0x54, hex(`ffffffff 00000000 ${ROUTE}`));
    expect(problem?.id).toBe("STR-OVERRUN");
    expect(partial).toMatchObject({ rows: [{ iface: "eth0" }] });
  });

  it("TargetIntrospection, whose rows have no count, is decoded up to its padding", () => {
    const bytes = hex(
      `4d000000 00000000 0100 0400 05000000 0400 0300 637478 1f00 0700 413d3100423d32 2000 0300 582c59 00000000000000`,
    );
    expect(decode(0x58, bytes).payload).toMatchObject({
      kind: "TargetIntrospection",
      targetPid: 77,
      rows: [
        { tag: 1, tagName: "tracer pid", value: hex("05000000") },
        { tag: 4, value: hex("637478") },
        { tag: 0x1f, value: hex("413d3100423d32") },
        { tag: 0x20, value: hex("582c59") },
      ],
    });
  });

  it("KernelModuleList and PersistenceManifest are decoded as memslicer wrote them", () => {
    expect(
      decode(0x57, hex("01000000 00000000 0400 65787434 6400000000000000 02000000 01 00 000000c0ffffffff 00 00 00000000"))
        .payload,
    ).toMatchObject({
      rows: [{ name: "ext4", size: 100n, refcount: 2, stateName: "live", base: 0xffffffffc0000000n, flags: 0 }],
    });
    expect(
      decode(
        0x56,
        hex("01000000 00000000 03 00 0c00 2f6574632f63726f6e746162 0500000000000000 0600000000000000 a4810000 00000000"),
      ).payload,
    ).toMatchObject({ rows: [{ sourceName: "cron system", path: "/etc/crontab", mtimeNs: 5n, size: 6n, mode: 0o100644 }] });
  });
});

describe("System Context in the specification's layout", () => {
  const CONTEXT = hex(`8877665544332211 01000000 07000000 0200 0500 0000 0300 0200 000000000000
    7500000000000000 686f737400000000 6f64000000000000 4300000000000000`);

  it("a System Context in the specification's layout is decoded with and without MemDiver's tail", () => {
    expect(decode(0x50, CONTEXT)).toMatchObject({
      payload: { targetCount: 1, tableBitmap: 7, hostname: "host", uptimeNs: null },
      ids: [],
    });
    const tail = hex("0900000000000000 0500 000000000000 362e312e00000000");
    const both = Uint8Array.from([...CONTEXT, ...tail]);
    expect(decode(0x50, both)).toMatchObject({ payload: { uptimeNs: 9n, osVersion: "6.1." }, ids: ["SYS-TAIL"] });
  });

  it("the specification's layout of a System Context is assumed where no layout fits, unless memslicer wrote the file", () => {
    const damaged = CONTEXT.slice();
    damaged[0x21] = 0x75;
    expect(decode(0x50, damaged).ids).toContain("STR-NUL");
    expect(decode(0x50, damaged, { ...NOBODY, memslicer: true }).ids).toContain("SYS-LAYOUT-B");
  });
});

describe("handles and maps", () => {
  it("a handle type of two bytes is shown and reported", () => {
    const { payload, ids } = decode(0x53, hex("01000000 00000000 01000000 02000000 0701 0000 00000000"));
    expect(payload).toMatchObject({ entries: [{ handleType: 0x107, handleTypeName: "0x0107", path: "" }] });
    expect(ids).toEqual(["HND-WIDE"]);
  });

  it("a VAS map with a stride below an entry is refused, one above leaves the rest of each entry alone", () => {
    const entry = "0010000000000000 0020000000000000 05 03 0000 00000000";
    expect(decode(0x1001, hex(`01000000 17000000 ${entry}`)).problem?.id).toBe("STR-OVERRUN");
    expect(decode(0x1001, hex(`02000000 20000000 ${entry} ffffffffffffffff ${entry} ffffffffffffffff`)).payload).toMatchObject({
      entries: [{ baseAddr: 0x1000n }, { baseAddr: 0x1000n, regionSize: 0x2000n, regionTypeName: "image" }],
    });
  });

  it("a build id longer than its place is reported, and cut to the place", () => {
    const row = `0010000000000000 ff 05 00 00 ${"ab".repeat(20)} ${"00".repeat(32)}`;
    const { payload, ids } = decode(0x5a, hex(`01000000 00000000 ${row}`));
    expect(payload).toMatchObject({ rows: [{ buildId: new Uint8Array(20).fill(0xab), buildIdSourceName: "retroactive" }] });
    expect(ids).toEqual(["EXT-MEMSLICER", "STR-OVERRUN"]);
  });
});
