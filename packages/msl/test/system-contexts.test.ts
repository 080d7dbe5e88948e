import { describe, expect, it } from "vitest";
import { openCapture } from "../src/index.js";
import { type BlockSpec, captureOf } from "./build-capture.js";
import { crossCheck } from "./cross-check.js";
import { fixtureBytes } from "./fixtures.js";
import { concatenated } from "./vectors.js";

const CONTEXT = 1;
const EMPTY_TABLE = new Uint8Array(8);
/** One row of type 4 (specification, Connectivity Table): all its numbers are zero. */
const ONE_CONNECTIVITY_ROW = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 4, 30, 0, ...new Uint8Array(30));
const HEADER_FLAGS = 0x0c;

/** A System Context (specification's layout) with these texts, each up to seven letters. */
function systemContext(tableBitmap: number, texts: readonly string[]): BlockSpec {
  const head = new Uint8Array(32);
  const view = new DataView(head.buffer);
  view.setUint32(8, 1, true);
  view.setUint32(12, tableBitmap, true);
  for (const [i, text] of texts.entries()) view.setUint16(16 + 2 * i, text === "" ? 0 : text.length + 1, true);
  const padded = texts.filter((text) => text !== "").map((text) => new TextEncoder().encode(text.padEnd(8, "\0")));
  return { type: 0x50, uuid: CONTEXT, payload: concatenated(head, ...padded) };
}

const ALL_TEXTS = ["user", "host", "domain", "os", "case"];

async function found(bytes: Uint8Array, id: string): Promise<string[]> {
  return (await crossCheck(await openCapture(bytes))).filter((deviation) => deviation.id === id).map(({ message }) => message);
}

describe("TableBitmap", () => {
  it("a TableBitmap that announces the tables that are there is not reported", async () => {
    const blocks = [systemContext(0b0111, ALL_TEXTS)];
    for (const type of [0x51, 0x52, 0x53]) blocks.push({ type, parent: CONTEXT, payload: EMPTY_TABLE });
    expect(await found(captureOf(blocks), "SYS-BITMAP")).toEqual([]);
    expect(await found(fixtureBytes("md-investigation-partial"), "SYS-BITMAP")).toEqual([]);
  });

  it("a TableBitmap is reported if a table is missing, or not announced", async () => {
    const bytes = captureOf([systemContext(0b0100, ALL_TEXTS), { type: 0x51, parent: CONTEXT, payload: EMPTY_TABLE }]);
    expect(await found(bytes, "SYS-BITMAP")).toEqual([
      "There is a ProcessTable, which TableBitmap does not announce",
      "TableBitmap announces a HandleTable, but there is none",
    ]);
  });

  it("a TableBitmap announces rows of a Connectivity Table, not the table", async () => {
    const withRow = { type: 0x55, parent: CONTEXT, payload: ONE_CONNECTIVITY_ROW };
    const without = { type: 0x55, parent: CONTEXT, payload: EMPTY_TABLE };
    const faults = (bitmap: number, table: BlockSpec) =>
      found(captureOf([systemContext(bitmap, ALL_TEXTS), table]), "SYS-BITMAP");
    expect(await faults(0b1000, withRow)).toEqual([]);
    expect(await faults(0, without)).toEqual([]);
    expect(await faults(0b1000, without)).toEqual(["TableBitmap announces a ConnectivityTable, but there is none"]);
    expect(await faults(0, withRow)).toEqual(["There is a ConnectivityTable, which TableBitmap does not announce"]);
  });

  it("a TableBitmap of memslicer or MemDiver that contradicts its tables is reported", async () => {
    expect(await found(fixtureBytes("md-investigation-full"), "SYS-BITMAP")).toEqual([
      "There is a ConnectivityTable, which TableBitmap does not announce",
    ]);
    expect(await found(fixtureBytes("ms-investigation-empty"), "SYS-BITMAP")).toHaveLength(3);
  });

  it("a TableBitmap with reserved bits is reported", async () => {
    expect(await found(captureOf([systemContext(0x8000_0000, ALL_TEXTS)]), "SYS-BITMAP")).toEqual([
      "Reserved bits of TableBitmap are set: 0x80000000",
    ]);
  });
});

describe("empty texts of a System Context", () => {
  it("empty texts of a System Context are reported where Redacted is clear", async () => {
    const bytes = captureOf([systemContext(0, ["", "host", "", "os", ""])]);
    expect(await found(bytes, "RED-FLAG")).toEqual(["Empty, and Redacted is clear, so not captured: acqUser, domain, caseRef"]);
    bytes[HEADER_FLAGS] = (bytes[HEADER_FLAGS] ?? 0) | 0x08;
    expect(await found(bytes, "RED-FLAG")).toEqual([]);
    expect(await found(captureOf([systemContext(0, ALL_TEXTS)]), "RED-FLAG")).toEqual([]);
  });
});
