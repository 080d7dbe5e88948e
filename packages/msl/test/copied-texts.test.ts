/** Short texts and UUIDs, which are decoded from a copy: every byte of them counts, at every length and at every place. */
import { describe, expect, it } from "vitest";
import { decodeLayout } from "../src/format/layout/decode.js";
import { layout, lengthOf, text, tightText } from "../src/format/layout/fields.js";
import { uuidText } from "../src/format/layout/uuid-text.js";

const FIRST = 33;
/** Lengths of texts that are put together, copied, and decoded where they stand. */
const LENGTHS = [0, 1, 2, 11, 12, 13, 14, 40, 95, 96, 97, 98, 200];

/** Printable ASCII; other texts of the same length differ in every byte. */
function plainBytes(length: number, from = FIRST): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => FIRST + ((from + i) % 90));
}

interface Form {
  readonly name: string;
  /** The payload of a text, without the NUL that the form may have at its end. */
  payload(bytes: Uint8Array): Uint8Array;
  /** Deviations of a text with a NUL inside. */
  readonly nul: readonly string[];
  readonly table: Parameters<typeof decodeLayout>[0];
}

const FORMS: readonly Form[] = [
  {
    name: "padded",
    table: layout("Padded", [lengthOf("name", 2), text("name")]),
    payload: (bytes) => {
      const length = bytes.length + 1;
      return Uint8Array.from([length & 255, length >> 8, ...bytes, 0, ...new Uint8Array((8 - (length % 8)) % 8)]);
    },
    nul: ["STR-NUL"],
  },
  {
    name: "packed",
    table: layout("Packed", [lengthOf("name", 2), text("name", "packed")]),
    payload: (bytes) => Uint8Array.from([bytes.length & 255, bytes.length >> 8, ...bytes]),
    nul: [],
  },
  {
    name: "tight",
    table: layout("Tight", [tightText("name")]),
    payload: (bytes) => Uint8Array.from([(bytes.length + 1) & 255, (bytes.length + 1) >> 8, ...bytes, 0]),
    nul: ["STR-NUL"],
  },
];

function decoded({ table, payload }: Form, bytes: Uint8Array) {
  const ids: string[] = [];
  const { value } = decodeLayout(table, payload(bytes), ({ id }) => ids.push(id)) as { value?: { name?: string } };
  return { text: value?.name, ids };
}

/** The bytes as Latin-1, in which each byte is the character of its number. */
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

describe.each(FORMS)("a $name text", (form) => {
  it.each(LENGTHS)("a text of %i ASCII bytes is decoded, and a later text does not change it", (length) => {
    const bytes = plainBytes(length);
    const first = decoded(form, bytes);
    decoded(form, plainBytes(length, FIRST + 7));
    expect(first).toEqual({ text: latin1(bytes), ids: [] });
  });

  it("bytes 1 and 0x7f are characters", () => {
    for (const length of LENGTHS.filter((length) => length > 1)) {
      const bytes = plainBytes(length)
        .fill(1, 0, 1)
        .fill(0x7f, length - 1);
      expect(decoded(form, bytes)).toEqual({ text: latin1(bytes), ids: [] });
    }
  });

  it("a text with a NUL at any place ends there", () => {
    for (const length of LENGTHS) {
      for (let at = 0; at < length; at++) {
        // A packed text and one that counts its NUL may have a NUL at the end.
        const bytes = plainBytes(length).fill(0, at, at + 1);
        const { text: found, ids } = decoded(form, bytes);
        expect(found).toBe(latin1(bytes.subarray(0, at)));
        if (at < length - 1) expect(ids).toEqual(form.nul);
      }
    }
  });

  it.each([0x80, 0xff])("a byte %i at any place is reported, and becomes U+FFFD", (byte) => {
    for (const length of LENGTHS) {
      for (let at = 0; at < length; at++) {
        const bytes = plainBytes(length).fill(byte, at, at + 1);
        const expected = `${latin1(bytes.subarray(0, at))}\ufffd${latin1(bytes.subarray(at + 1))}`;
        expect(decoded(form, bytes)).toEqual({ text: expected, ids: ["STR-UTF8"] });
      }
    }
  });

  it("a character of two bytes at any place is decoded", () => {
    for (const length of LENGTHS) {
      for (let at = 0; at + 1 < length; at++) {
        const bytes = plainBytes(length)
          .fill(0xc3, at, at + 1)
          .fill(0xa9, at + 1, at + 2);
        const expected = `${latin1(bytes.subarray(0, at))}\u00e9${latin1(bytes.subarray(at + 2))}`;
        expect(decoded(form, bytes)).toEqual({ text: expected, ids: [] });
      }
    }
  });
});

describe("uuidText", () => {
  it("uuidText writes every byte value at every place as two lower-case digits, and leaves earlier texts as they are", () => {
    const made: [string, string][] = [];
    for (let value = 0; value < 256; value++) {
      const bytes = Uint8Array.from({ length: 19 }, (_, i) => (value + 17 * i) % 256);
      const hex = Buffer.from(bytes.subarray(3)).toString("hex");
      made.push([uuidText(bytes, 3), hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")]);
    }
    for (const [found, expected] of made) expect(found).toBe(expected);
  });
});
