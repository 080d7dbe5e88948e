/** Padding behind a text: every byte of it has to be zero, the last one too. */
import { describe, expect, it } from "vitest";
import { MslSliceReader } from "../src/index.js";
import { captureOf } from "./build-capture.js";

/** Process Identity with a path of `length` bytes, NUL included, and its padding. */
function identity(length: number): Uint8Array {
  const payload = new Uint8Array(24 + Math.ceil(length / 8) * 8);
  new DataView(payload.buffer).setUint16(16, length, true);
  payload.fill(0x61, 24, 24 + length - 1);
  return payload;
}

const idsOf = (payload: Uint8Array) =>
  new MslSliceReader(captureOf([{ type: 0x40, payload }]))
    .at(0)
    .decode()
    .deviations.map(({ id }) => id);

/** Every place of a padding byte behind texts of 9 to 16 bytes. */
const PLACES = Array.from({ length: 8 }, (_, i) => 9 + i).flatMap((length) =>
  Array.from({ length: 16 - length }, (_, i) => [length, i] as const),
);

describe("padding behind a text", () => {
  it.each(PLACES)("padding behind a text of %i bytes is reported if its byte %i is not zero", (length, at) => {
    const payload = identity(length);
    payload[24 + length + at] = 1;
    expect(idsOf(payload)).toEqual(["STR-PAD"]);
  });

  it.each([9, 12, 15, 16])("padding of zeros behind a text of %i bytes is not reported", (length) => {
    expect(idsOf(identity(length))).toEqual([]);
  });
});
