/** Texts are decoded to the same values, with the same reports, and encoded to the same bytes, whether the runtime has Node's Buffers, none, or others. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Layout, layout, lengthOf, text, tightText, uuid } from "../src/format/layout/fields.js";
import { decodePlainly, withoutValues } from "./support/plain-decoder.js";

type Decode = typeof import("../src/format/layout/decode.js").decodeLayout;
type Encode = typeof import("../src/format/layout/encode.js").encodeLayout;

const TEXTS: readonly Layout[] = [
  layout("Padded", [lengthOf("text", 4), text("text")]),
  layout("Packed", [lengthOf("text", 4), text("text", "packed")]),
  layout("Tight", [tightText("text")]),
];

const ILL_FORMED = [
  [0x80],
  [0xff],
  [0xc3],
  [0xc0, 0xaf],
  [0xe2, 0x82],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
];
const WELL_FORMED = ["", "é", "\u{7ff}", "\u{ffff}", "\ufffd", "\ufeff", "😀", "\u{10ffff}", "\x7f"];
const LENGTHS = [0, 1, 11, 12, 13, 14, 45, 95, 96, 97, 200];
const LONG = [65_535, 65_536, 65_537];

/** Texts of many lengths with one piece inside: other characters, bytes that are no UTF-8, a NUL. */
function* samples(): Generator<Uint8Array> {
  const pieces = [...ILL_FORMED, ...WELL_FORMED.map((piece) => [...new TextEncoder().encode(piece)]), [0], [0, 0x41]];
  for (const length of LENGTHS)
    for (const piece of pieces) for (const at of new Set([0, length >> 1, length])) yield textWith(length, piece, at);
  for (const length of LONG) for (const piece of [[], [0xff], [0]]) yield textWith(length, piece, length - 1);
}

function textWith(length: number, piece: readonly number[], at: number): Uint8Array {
  const bytes = new Uint8Array(length + piece.length).fill(0x61);
  bytes.set(piece, at);
  return bytes;
}

/** The payload of a text with a NUL and padding behind it, or without. */
function payloadOf(table: Layout, stored: Uint8Array): Uint8Array {
  const head = table.name === "Tight" ? 2 : 4;
  const tail = table.name === "Padded" ? 1 : 0;
  const length = head === 2 ? Math.min(stored.length, 0xffff) : stored.length + tail;
  const bytes = new Uint8Array(head + Math.ceil(length / 8) * 8);
  const view = new DataView(bytes.buffer);
  if (head === 2) view.setUint16(0, length, true);
  else view.setUint32(0, length, true);
  bytes.set(stored.subarray(0, length), head);
  return bytes;
}

const CASES = TEXTS.flatMap((table) =>
  [...samples()].map((stored) => {
    const bytes = payloadOf(table, stored);
    return { table, bytes, expected: decodePlainly(table, bytes, true, Number.POSITIVE_INFINITY) };
  }),
);

/** The decoder of a runtime whose global `Buffer` has this value. */
async function decoderWith(value: unknown): Promise<Decode> {
  vi.resetModules();
  vi.stubGlobal("Buffer", value);
  const { decodeLayout } = await import("../src/format/layout/decode.js");
  vi.unstubAllGlobals();
  return decodeLayout;
}

/** The encoder of a runtime whose global `Buffer` has this value. */
async function encoderWith(value: unknown): Promise<Encode> {
  vi.resetModules();
  vi.stubGlobal("Buffer", value);
  const { encodeLayout } = await import("../src/format/layout/encode.js");
  vi.unstubAllGlobals();
  return encodeLayout;
}

const TO_ENCODE = layout("Packed", [lengthOf("text", 4), text("text", "packed")]);

/** Texts of up to 40 characters with one other character at any place, and two at the end. */
function* textsToEncode(): Generator<string> {
  for (const piece of ["a", "é", "€", "\ufffd", "😀", "\0", "\ud800", "\udc00"]) {
    for (let length = 0; length < 40; length++) yield "x".repeat(length) + piece + piece;
    for (let at = 0; at < 40; at++) yield "x".repeat(at) + piece + "y".repeat(39 - at);
  }
}

/** Texts that are not encoded to the bytes of a TextEncoder, or not refused where it would replace a surrogate or there is a NUL. */
function wronglyEncoded(encode: Encode): unknown[] {
  return [...textsToEncode()].filter((given) => {
    const expected = new TextEncoder().encode(given);
    const isSound = !given.includes("\0") && new TextDecoder().decode(expected) === given;
    try {
      const bytes = encode(TO_ENCODE, { text: given });
      return !isSound || Buffer.compare(bytes.subarray(4), expected) !== 0 || bytes[0] !== expected.length;
    } catch {
      return isSound;
    }
  });
}

function wrong(decode: Decode, memory: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): unknown[] {
  return CASES.filter(({ table, bytes, expected }) => {
    const deviations: object[] = [];
    const result = decode(table, memory(bytes), (deviation) => deviations.push(deviation));
    return told({ ...withoutValues({ ...result, deviations }) }) !== told({ ...expected });
  }).map(({ table, bytes }) => [table.name, bytes.length, bytes.subarray(0, 24)]);
}

function told({ value, size, problem, partial, deviations }: Record<string, unknown>): string {
  return JSON.stringify([value, size, problem, partial, deviations], (_, found) =>
    ArrayBuffer.isView(found) ? Buffer.from(found as Uint8Array).toString("hex") : found,
  );
}

afterEach(() => {
  vi.unstubAllGlobals();
});

const throwing = () => {
  throw new TypeError("Argument must be a buffer");
};
/** The method of Node's Buffers, which refuses shared memory as it may elsewhere. */
function unshared(name: "utf8Slice" | "latin1Slice") {
  const method = Reflect.get(Buffer.prototype, name);
  return function (this: Uint8Array, start: number, end: number): string {
    if (!(this.buffer instanceof ArrayBuffer)) throwing();
    return Reflect.apply(method, this, [start, end]);
  };
}

const RUNTIMES: readonly (readonly [string, unknown])[] = [
  ["with Node's Buffers", globalThis.Buffer],
  ["without Buffers", undefined],
  ["with Buffers that have no such methods", class {}],
  ["with Buffers that refuse other arrays", { prototype: { utf8Slice: throwing, latin1Slice: throwing, utf8Write: throwing } }],
  [
    "with Buffers that refuse shared memory",
    { prototype: { utf8Slice: unshared("utf8Slice"), latin1Slice: unshared("latin1Slice") } },
  ],
  [
    "with Buffers whose methods disregard their arguments",
    { prototype: { utf8Slice: () => "0123", latin1Slice: () => "0123", utf8Write: () => 3 } },
  ],
];

describe.each(RUNTIMES)("texts in runtimes %s", (_, value) => {
  let decode: Decode;
  beforeAll(async () => {
    decode = await decoderWith(value);
  });

  it("texts are encoded to the bytes of a TextEncoder, and ill-formed ones refused", async () => {
    expect(wronglyEncoded(await encoderWith(value))).toEqual([]);
  });

  it("texts have the values and reports of the plain interpreter", () => {
    expect(wrong(decode)).toEqual([]);
  });

  it("texts in shared memory have the values and reports of the plain interpreter", () => {
    expect(
      wrong(decode, (bytes) => {
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
        shared.set(bytes);
        return shared;
      }),
    ).toEqual([]);
  });

  it("UUIDs are canonical text", () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => 17 * i);
    expect(decode(layout("Id", [uuid("id")]), bytes, () => {}).value).toEqual({ id: "00112233-4455-6677-8899-aabbccddeeff" });
  });
});
