/** The places of lint findings: the bytes that stand at the reported offset are those that the finding says were found. */
import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BLOCK_TYPE, codeName, openCapture } from "../src/index.js";
import { type LintFinding, type LintOptions, lintCapture } from "../src/lint.js";
import { blockBytes, captureOf } from "./build-capture.js";
import { ENCRYPTED, expectation, fixtureBytes, READABLE } from "./fixtures.js";
import { concatenated } from "./vectors.js";

async function findingsOf(input: Parameters<typeof lintCapture>[0], options: LintOptions = {}): Promise<LintFinding[]> {
  const findings: LintFinding[] = [];
  for await (const batch of lintCapture(input, options)) findings.push(...batch);
  return findings;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
/** A little-endian number of 1 to 8 bytes. */
const numberIn = (bytes: Uint8Array) => bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
const decimal = (size: number) => [size, (bytes: Uint8Array) => String(numberIn(bytes))] as const;
const hexadecimal = (size: number, before = "") =>
  [size, (bytes: Uint8Array) => `${before}0x${numberIn(bytes).toString(16)}`] as const;
const raw = (size: number) => [size, hex] as const;
const uuid = [16, (bytes: Uint8Array) => hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")] as const;

type Reading = readonly [size: number, textOf: (bytes: Uint8Array) => string];

/** Sizes and forms of the fields of headers and payloads, as the specification has them. Keys are fields, or ids with a field or without one. */
const READINGS: Readonly<Record<string, Reading>> = {
  magic: raw(8),
  endianness: decimal(1),
  headerSize: decimal(1),
  capBitmap: hexadecimal(8),
  dumpUuid: uuid,
  blockCount: decimal(4),
  "HDR-RESERVED reserved": raw(2),
  ...{ kdfTime: decimal(4), kdfMemoryKiB: decimal(4), kdfLanes: decimal(4), kdfSalt: raw(16) },
  type: [2, (bytes) => `0x${numberIn(bytes).toString(16)}`],
  "BLK-COMPALGO flags": hexadecimal(2, "flags "),
  "REF-FLAGS": hexadecimal(2, "flags "),
  "BLK-LENGTH length": decimal(4),
  "BLK-TRUNCATED length": [4, (bytes) => `${numberIn(bytes)} bytes`],
  payloadVersion: decimal(2),
  "BLK-RESERVED reserved": hexadecimal(2),
  uuid,
  "UUID-DUP": uuid,
  prevHash: raw(32),
  fileHash: raw(32),
  "BLK-FRAMING": raw(4),
  "REG-PAGESIZE": decimal(1),
  "REG-ALIGN": hexadecimal(8, "RegionSize "),
  tableBitmap: hexadecimal(4),
  threadState: decimal(1),
  // The length of a text that is empty.
  "RED-FLAG acqUser": [2, (bytes) => (numberIn(bytes) <= 1n ? '""' : "")],
  "RED-FLAG domain": [2, (bytes) => (numberIn(bytes) <= 1n ? '""' : "")],
  "RED-FLAG caseRef": [2, (bytes) => (numberIn(bytes) <= 1n ? '""' : "")],
};

/** Findings that say in words what was found, since no field holds it. The bytes at their places are checked elsewhere, or are not there. */
const IN_WORDS = new Set(
  "CMP-LZ4SHAPE CMP-NOPREFIX EOC-SHORT LEN-EXTRA MOD-COUNTONLY MOD-SHORT REG-EMPTY REG-LEGACY REG-STATE3 STR-OVERRUN STR-PADDEDLEN SYS-LAYOUT-B SYS-TAIL CMP-LIMIT HDR-FLAGS-D3 ENC-SIZE".split(
    " ",
  ),
);

/** What a reader of the file finds at the offset, in the words of the finding; undefined where the finding names no bytes. */
function foundAt(bytes: Uint8Array, { id, field, offset, found }: LintFinding): string | undefined {
  const [size, textOf] = READINGS[`${id} ${field}`] ?? READINGS[field ?? id] ?? [];
  if (size !== undefined && textOf) return textOf(bytes.subarray(offset, offset + size));
  if (id === "HDR-VERSION-BYTES") return hex(bytes.subarray(offset, offset + 2));
  if (field === "version" && id.startsWith("HDR-")) return `${bytes[offset + 1]}.${bytes[offset]}`;
  // Text that is ill-formed, padding and reserved bytes are given as bytes; zero bytes by their number.
  if (/^(STR-UTF8|STR-PAD|PAY-RESERVED)$/.test(id)) return hex(bytes.subarray(offset, offset + found.length / 2));
  const [, zeros] = /^(\d+) zero bytes?$/.exec(found) ?? [];
  if (zeros !== undefined)
    return `${bytes.subarray(offset, offset + Number(zeros)).filter((byte) => byte === 0).length} zero ${zeros === "1" ? "byte" : "bytes"}`;
  return undefined;
}

describe("the place of a finding", () => {
  const plain = READABLE.filter((name) => !ENCRYPTED.includes(name));

  it.each(plain)("%s has the bytes that were found at the offset of each finding", async (name) => {
    const bytes = fixtureBytes(name);
    const { blocks } = expectation(name);
    for (const finding of await findingsOf(bytes)) {
      const { id, field, block, offset, found } = finding;
      const recorded = blocks.find((one) => one["index"] === block);
      // Offsets in a compressed payload count from its start.
      if (recorded && recorded["compression"] !== "none" && offset < Number(recorded["offset"])) continue;
      if (id.startsWith("ORD-") && field === "type" && block === null) {
        // They name the type. Another program recorded where the block of this type stands.
        const there = blocks.find((one) => Number(one["offset"]) === offset - 4);
        expect([id, codeName(BLOCK_TYPE, Number(there?.["type"]))]).toEqual([id, found.replace(/ in block \d+$/, "")]);
        continue;
      }
      const read = foundAt(bytes, finding);
      if (field === "type") expect([id, found.replace(/ .*/, "").replace(/^0x0+(?=.)/, "0x")]).toEqual([id, read]);
      else if (read !== undefined) expect([id, field, found]).toEqual([id, field, read]);
      else expect([id, field, field === null || IN_WORDS.has(id)]).toEqual([id, field, true]);
    }
  });

  const end = captureOf([{ type: 0x40, payload: new Uint8Array(24) }]);
  const short = blockBytes({ type: 0x40, payload: new Uint8Array(24) }, 9);
  short.set([79, 0, 0, 0], 8);

  it.each([
    ["BLK-FRAMING", concatenated(end, new Uint8Array(100).fill(5)), "05050505"],
    ["BLK-LENGTH", concatenated(end, short), "79"],
  ] as const)(
    "%s has the bytes that were found in a file, in an opened capture and in bytes that a function reads",
    async (id, bytes, found) => {
      const capture = await openCapture(bytes);
      const source = { size: bytes.length, read: async (at: number, length: number) => bytes.slice(at, at + length) };
      for (const input of [bytes, new Blob([bytes.slice()]), source, capture]) {
        const finding = (await findingsOf(input)).find((one) => one.id === id);
        expect(finding?.found).toBe(found);
        expect(finding && foundAt(bytes, finding)).toBe(found);
      }
      await capture.close();
    },
  );

  it("a UUID of a Module List Index has its own place, behind the entries with paths of other lengths", async () => {
    const entry = (path: string, version: number) => {
      const bytes = new Uint8Array(40 + Math.ceil(path.length / 8) * 8).fill(0);
      bytes.set([1, 2, 3, 4, 5, 6, version, 8, 0x80], 0);
      bytes.set([path.length], 32);
      bytes.set(Buffer.from(path), 40);
      return bytes;
    };
    const index = concatenated(
      new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]),
      entry("/bin/a\0", 0x10),
      entry("/usr/lib/b.so\0", 0x40),
      entry("", 0x20),
    );
    const bytes = captureOf([{ type: 0x10, payload: index }]);
    const findings = (await findingsOf(bytes)).filter(({ field }) => field?.startsWith("entries["));
    expect(findings.map(({ id, field }) => [id, field])).toEqual([
      ["UUID-VERSION", "entries[0].moduleUuid"],
      ["UUID-VERSION", "entries[2].moduleUuid"],
    ]);
    for (const { offset, found } of findings) expect(uuid[1](bytes.subarray(offset, offset + 16))).toBe(found);
  });

  it("BLK-FRAMING has the BlockLength where the magic is right, and blocks were found behind it", async () => {
    const bytes = fixtureBytes("x-blocklen-small");
    const framing = (await findingsOf(bytes, { salvage: true })).filter(({ id }) => id === "BLK-FRAMING");
    expect(framing.length).toBeGreaterThan(0);
    for (const { offset, found, expected } of framing) {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset + 8, true);
      expect([found, expected]).toEqual([`BlockLength ${length}`, "BlockLength of 80 or more"]);
    }
  });

  it("BLK-FRAMING of an encrypted capture has the bytes of the decrypted stream", async () => {
    const key = new Uint8Array(32).fill(3);
    const header = concatenated(captureOf([]), new Uint8Array(64));
    for (const [at, value] of [
      [9, 128],
      [12, 4],
      [64, 1],
      [80, 9],
    ] as const)
      header[at] = value;
    const cipher = createCipheriv("aes-256-gcm", key, header.subarray(80, 92));
    cipher.setAAD(header);
    const stream = concatenated(blockBytes({ type: 0x40, payload: new Uint8Array(24) }, 1), new Uint8Array(100).fill(6));
    const ciphertext = cipher.update(stream);
    cipher.final();
    const findings = await findingsOf(concatenated(header, ciphertext, cipher.getAuthTag()), { keys: { key } });
    const framing = findings.find(({ id }) => id === "BLK-FRAMING");
    expect(framing).toMatchObject({ found: "06060606" });
    expect(hex(stream.subarray(framing?.offset, (framing?.offset ?? 0) + 4))).toBe("06060606");
  });
});
