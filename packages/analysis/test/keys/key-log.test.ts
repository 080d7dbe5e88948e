/** `hintedKeys` and `keyLogLines` over captures with Key Hints. */
import { blake3 } from "@memslice/core-wasm";
import type { KeyHint } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { hintedKeys, keyLogLines, maskedNote } from "../../src/index.js";

const RANDOM = "ad52329fcadd34ee3aa07092680287f09954823e26d7b5ae25c0d47714152a6a";
const SECRET = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
const hex = (length: number) => Buffer.from(SECRET.subarray(0, length)).toString("hex");

interface Hint {
  readonly protocol: number;
  readonly keyType: number;
  readonly keyLen: number;
  readonly note: string;
}

/** A key hint as a reader of captures gives it. */
function hintOf({ protocol, keyType, keyLen, note }: Hint): KeyHint {
  const payload = { protocol, keyType, keyLen, note } as KeyHint["hint"];
  const bytes = SECRET.subarray(0, keyLen);
  return {
    block: { index: 7 } as KeyHint["block"],
    hint: payload,
    salvaged: false,
    candidates: [{ reading: "page data", address: 0x1040n, bytes }],
    deviations: [],
  };
}

const MASTER_HINT: Hint = { protocol: 1, keyType: 2, keyLen: 48, note: `client_random ${RANDOM}` };
const OTHER = Uint8Array.from({ length: 48 }, (_, i) => (i * 37 + 11) & 0xff);
const OTHER_HEX = Buffer.from(OTHER).toString("hex");

/** The hint with a second place. */
function ambiguous(hint: KeyHint): KeyHint {
  return {
    ...hint,
    candidates: [...hint.candidates, { reading: "region", address: 0x2040n, bytes: OTHER }],
    deviations: [{ id: "KEY-AMBIGUOUS", message: "", offset: 0 }],
  };
}

describe("keyLogLines", () => {
  it("has no line for a hint that can be read in two ways, and lists the lines that it could have", () => {
    const hint = ambiguous(hintOf(MASTER_HINT));
    expect(keyLogLines([hint, hintOf(MASTER_HINT)])).toEqual({
      lines: [`CLIENT_RANDOM ${RANDOM} ${hex(48)}`],
      leftOut: [
        {
          hint,
          reason: "can be read in two ways",
          candidates: [`CLIENT_RANDOM ${RANDOM} ${hex(48)}`, `CLIENT_RANDOM ${RANDOM} ${OTHER_HEX}`],
        },
      ],
    });
    const lost = { ...hint, candidates: hint.candidates.slice(0, 1) };
    expect(keyLogLines([lost])).toMatchObject({ lines: [], leftOut: [{ reason: "can be read in two ways" }] });
  });

  it("has no line of a part of a key", () => {
    const hint = hintOf(MASTER_HINT);
    const part = { ...hint, hint: { ...hint.hint, keyLen: 64 } };
    expect(keyLogLines([part])).toMatchObject({ lines: [], leftOut: [{ reason: "no secret of the right size" }] });
  });

  it.each([
    [{ protocol: 1, keyType: 2, keyLen: 48, note: `client_random=${RANDOM}` }, `CLIENT_RANDOM ${RANDOM} ${hex(48)}`],
    [
      { protocol: 3, keyType: 2, keyLen: 48, note: `CLIENT_RANDOM ${RANDOM.toUpperCase()}` },
      `CLIENT_RANDOM ${RANDOM} ${hex(48)}`,
    ],
    [
      { protocol: 2, keyType: 4, keyLen: 32, note: `SERVER_HANDSHAKE_TRAFFIC_SECRET ${RANDOM}` },
      `SERVER_HANDSHAKE_TRAFFIC_SECRET ${RANDOM} ${hex(32)}`,
    ],
    [
      { protocol: 5, keyType: 5, keyLen: 48, note: `CLIENT_TRAFFIC_SECRET_0, client random: ${RANDOM}` },
      `CLIENT_TRAFFIC_SECRET_0 ${RANDOM} ${hex(48)}`,
    ],
  ])("makes a line of %j", (hint, line) => {
    expect(keyLogLines([hintOf(hint)])).toEqual({ lines: [line], leftOut: [] });
  });

  it.each([
    [{ protocol: 7, keyType: 3, keyLen: 32, note: `client_random=${RANDOM}` }, "not TLS"],
    [{ protocol: 2, keyType: 5, keyLen: 32, note: `client_random=${RANDOM}` }, "no label"],
    [{ protocol: 2, keyType: 5, keyLen: 32, note: `MY_EXPORTER_SECRET_2 client_random=${RANDOM}` }, "no label"],
    [{ protocol: 1, keyType: 1, keyLen: 48, note: `client_random=${RANDOM}` }, "no label"],
    [{ protocol: 1, keyType: 2, keyLen: 48, note: `client_random=${RANDOM}00` }, "no client random"],
    [{ protocol: 1, keyType: 2, keyLen: 48, note: RANDOM }, "no client random"],
    [{ protocol: 1, keyType: 2, keyLen: 32, note: `client_random=${RANDOM}` }, "no secret of the right size"],
    [{ protocol: 2, keyType: 5, keyLen: 40, note: `EXPORTER_SECRET ${RANDOM}` }, "no secret of the right size"],
  ])("leaves out %j: %s", (hint, reason) => {
    const one = hintOf(hint);
    expect(keyLogLines([one])).toEqual({ lines: [], leftOut: [{ hint: one, reason }] });
  });

  it("takes the client random and the label from the caller", () => {
    const hint = hintOf({ protocol: 2, keyType: 5, keyLen: 32, note: "" });
    const log = keyLogLines([hint], { clientRandomOf: () => Buffer.from(RANDOM, "hex"), labelOf: () => "EXPORTER_SECRET" });
    expect(log.lines).toEqual([`EXPORTER_SECRET ${RANDOM} ${hex(32)}`]);
  });
});

describe("hintedKeys", () => {
  it("gives the place and the fingerprint of a key, and its bytes only when they are asked for", () => {
    const hint = hintOf({ protocol: 1, keyType: 2, keyLen: 48, note: "n" });
    const key = {
      block: 7,
      hint: hint.hint,
      address: 0x1040n,
      reading: "page data",
      ambiguous: false,
      length: 48,
      fingerprint: Buffer.from(blake3(SECRET.subarray(0, 48)).subarray(0, 8)).toString("hex"),
    };
    expect(hintedKeys([hint])).toEqual([key]);
    expect(hintedKeys([hint], { showSecrets: true })).toEqual([{ ...key, secret: SECRET.subarray(0, 48) }]);
    expect(hintedKeys([{ ...hint, candidates: [] }], { showSecrets: true })).toEqual([
      { block: 7, hint: hint.hint, ambiguous: false, length: 0 },
    ]);
  });

  it("gives every place that a hint can mean", () => {
    expect(hintedKeys([ambiguous(hintOf(MASTER_HINT))], { showSecrets: true })).toMatchObject([
      { block: 7, address: 0x1040n, reading: "page data", ambiguous: true, secret: SECRET.subarray(0, 48) },
      { block: 7, address: 0x2040n, reading: "region", ambiguous: true, secret: OTHER },
    ]);
  });

  const spaced = hex(48).replace(/../g, "$& ").trim();
  const KEY = Buffer.from(SECRET.subarray(0, 48));
  // As `%x` and `toString(16)` print bytes: without a leading zero.
  const SHORT_KEY = Buffer.from(KEY.map((byte, i) => (i % 3 === 0 ? byte % 16 : byte)));
  const short = [...SHORT_KEY].map((byte) => byte.toString(16));
  const base64 = (bytes: Buffer) => bytes.toString("base64");
  it.each([
    [`CLIENT_RANDOM ${RANDOM} ${hex(48)}`, `CLIENT_RANDOM ${RANDOM} [48 bytes hidden]`],
    [`key=${hex(48).toUpperCase()};`, "key=[48 bytes hidden];"],
    [`bytes ${spaced}, done`, "bytes [48 bytes hidden], done"],
    [`\\x${hex(12).match(/../g)?.join("\\x")}!`, "\\x[12 bytes hidden]!"],
    [`0x${hex(9)}ffff end`, "0x[11 bytes hidden] end"],
    [`SERVER_TRAFFIC_SECRET_7 ${RANDOM} ${"5a".repeat(32)}`, `SERVER_TRAFFIC_SECRET_7 ${RANDOM} [32 bytes hidden]`],
    [`RSA Session-ID:${RANDOM} Master-Key:${"5a".repeat(48)}`, `RSA Session-ID:${RANDOM} Master-Key:[48 bytes hidden]`],
    ...["\n", "\r\n", ".", "_", "/", "|", ", \\x", "', '"].map((between): [string, string] => [
      `bytes ${hex(48).replace(/..(?!$)/g, `$&${between}`)} end`,
      "bytes [48 bytes hidden] end",
    ]),
    [`{"key":"${"5a".repeat(32)}"}`, '{"key":"[32 bytes hidden]"}'],
    [`key='${"5a".repeat(32)}'`, "key='[32 bytes hidden]'"],
    [`master: ${"5a".repeat(48)}`, "master: [48 bytes hidden]"],
    [`the secret is ${"5a".repeat(32)}.`, "the secret is [32 bytes hidden]."],
    [`key\n0x${"5a".repeat(32)}`, "key\n0x[32 bytes hidden]"],
    [`keyboard at ${RANDOM}, secret isle ${RANDOM}`, `keyboard at ${RANDOM}, secret isle ${RANDOM}`],
    [`client_random ${RANDOM}, version deadbeef ключ`, `client_random ${RANDOM}, version deadbeef ключ`],
    [`other place: ${OTHER_HEX}`, "other place: [48 bytes hidden]"],
    ...[
      base64(KEY),
      base64(KEY)
        .match(/.{1,20}/g)
        ?.join("\r\n") ?? "",
      KEY.toString("base64url"),
    ].map((key): [string, string] => [`${key}`, "[48 bytes hidden]"]),
    [`key material: ${base64(KEY)}; end`, "key material: [48 bytes hidden]; end"],
    [`(${base64(Buffer.concat([Buffer.of(1), KEY, Buffer.of(2)]))})`, "([50 bytes hidden])"],
    [`bytes [${[...KEY].join(", ")}], 300`, "bytes [[48 bytes hidden]], 300"],
    [`int8 ${new Int8Array(KEY).join(" ")}.`, "int8 [48 bytes hidden]."],
    [`2026 ${[...KEY].join("-")} 7 of 9`, "2026 [48 bytes hidden] 7 of 9"],
    [
      `sessions 1, 3, 5, 7, 9, 11, 13, 15, 17; id ${base64(Buffer.from(RANDOM))}`,
      `sessions 1, 3, 5, 7, 9, 11, 13, 15, 17; id ${base64(Buffer.from(RANDOM))}`,
    ],
    [`${"a ".repeat(40_000)}${hex(48)}`, `${"a ".repeat(32_768)}[14560 characters hidden]`],
    [`{ ${hex(48).replace(/../g, "0x$&u, ")}}`, "{ 0x[48 bytes hidden]u, }"],
    [`db ${hex(48).replace(/../g, "$&h ")}end`, "db [48 bytes hidden]h end"],
  ])("hides digits of the key in the note %j", (note, shown) => {
    const hint = ambiguous(hintOf({ ...MASTER_HINT, note }));
    for (const key of hintedKeys([hint])) expect(key.hint.note).toBe(shown);
    for (const key of hintedKeys([hint], { showSecrets: true })) expect(key.hint.note).toBe(note);
  });

  it.each([
    [short.join(","), "[48 bytes hidden]"],
    [`key: 0x${short.join(" 0x")};`, "key: 0x[48 bytes hidden];"],
    [`"\\x${short.join("\\x")}"`, '"\\x[48 bytes hidden]"'],
  ])("maskedNote hides hexadecimal numbers without leading zeros in %j", (note, shown) => {
    expect(maskedNote(note, [SHORT_KEY])).toBe(shown);
  });
});
