/** Verification of captures whose tag matches, but whose plaintext has faults from before the encryption. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createSeal } from "../../src/encryption/seal.js";
import type { EncryptionOptions } from "../../src/encryption/sealing-keys.js";
import { describeReport, generateKeyPair, type KeyMaterial, openCapture, verifyStream } from "../../src/index.js";
import { type BlockSpec, captureOf } from "../build-capture.js";
import { concatenated } from "../vectors.js";
import { bytesFrom, DUMP_UUID, encryptedHeader } from "./sealed-capture.js";

const KEY = bytesFrom(0, 32);
const keys: KeyMaterial = { key: KEY };
const BODY: readonly BlockSpec[] = [
  { type: 0x40, payload: new Uint8Array(24) },
  { type: 0x10, payload: new Uint8Array(8) },
];

interface Shape {
  readonly options?: EncryptionOptions;
  readonly covered?: "all" | "without-kem" | "nothing";
  readonly blockCount?: number;
  readonly change?: (blocks: Uint8Array) => Uint8Array | void;
}

/** HashAlgo is SHA-256, so that node:crypto computes FileHash. */
async function capture({ options = { key: KEY }, covered = "all", blockCount = 0, change }: Shape): Promise<Uint8Array> {
  const seal = await createSeal(options, DUMP_UUID);
  const header = encryptedHeader(seal.extension);
  header[0x3d] = 1;
  header[0x39] = blockCount;
  const body = captureOf(BODY).subarray(64);
  const sha256 = createHash("sha256").update(header);
  if (covered === "all") sha256.update(seal.kemCiphertext);
  const fileHash = covered === "nothing" ? new Uint8Array(32) : sha256.update(body).digest();
  const end = captureOf([{ type: 0xfff, uuid: 3, payload: concatenated(fileHash, new Uint8Array(16)) }]).subarray(64);
  const blocks = concatenated(body, end);
  const stream = seal.start(header);
  const ciphertext = await stream.update(change?.(blocks) ?? blocks);
  return concatenated(header, seal.kemCiphertext, ciphertext, stream.finish());
}

async function reportsOf(file: Uint8Array, given = keys) {
  const opened = await openCapture(file, { keys: given });
  return [await opened.verify(), await verifyStream([file], { keys: given })];
}

/** The header of V1, and other blocks. */
const WITHOUT_REGIONS = "CapBitmap announces MemoryRegions, but there are no such blocks: they were not captured, or not written";

describe("verification of an encrypted capture", () => {
  it("the verdict is intact if tag and FileHash are right", async () => {
    for (const report of await reportsOf(await capture({}))) {
      expect(report).toMatchObject({ verdict: "aead-ok", outcome: "intact", hashAlgo: 1, trailingBytes: 0 });
      expect(describeReport(report)).toEqual(["Intact: the AEAD tag and FileHash match (aead-ok, SHA-256)", WITHOUT_REGIONS]);
    }
  });

  it("FileHash is accepted with and without the KEM ciphertext", async () => {
    const { publicKey, privateKey } = await generateKeyPair("x25519");
    const options = { mechanism: "x25519", recipientPublicKey: publicKey } as const;
    for (const [covered, fileHashWithoutKem] of [
      ["all", false],
      ["without-kem", true],
    ] as const) {
      for (const report of await reportsOf(await capture({ options, covered }), { privateKey })) {
        expect(report).toMatchObject({ verdict: "aead-ok", encrypted: { fileHashWithoutKem }, fileHash: { status: "ok" } });
        const [verdict, ...findings] = describeReport(report);
        expect(verdict).toMatch(/^Intact[^,]*, SHA-256\)$/);
        expect(findings).toEqual([
          ...(fileHashWithoutKem ? ["FileHash leaves the KEM ciphertext out, and holds for the rest"] : []),
          WITHOUT_REGIONS,
        ]);
      }
    }
  });

  it("a FileHash that was wrong before encryption is reported", async () => {
    for (const report of await reportsOf(await capture({ covered: "nothing" }))) {
      expect(report).toMatchObject({ verdict: "aead-ok+filehash-mismatch", outcome: "altered" });
      expect(describeReport(report)[1]).toMatch(/the first 192 bytes of the decrypted stream hash to/);
    }
  });

  it("PrevHashes that are not zero are reported, and change no verdict", async () => {
    const file = await capture({
      covered: "nothing",
      change: (blocks) => {
        blocks[104 + 48] = 7;
      },
    });
    for (const report of await reportsOf(file)) {
      expect([...report.breaks.indexes()]).toEqual([1]);
      expect(report.verdict).toBe("aead-ok+filehash-mismatch");
      expect(describeReport(report).join("\n")).toMatch(/Block 1 at offset 104 of the decrypted stream: PrevHash is 07/);
    }
    const deviations = [];
    for await (const deviation of (await openCapture(file, { keys })).crossCheck()) deviations.push(deviation);
    expect(deviations).toContainEqual(expect.objectContaining({ id: "INT-ENC-PREVHASH", block: 1, offset: 152 }));
  });

  it("a missing End-of-Capture, a cut block and trailing bytes in the plaintext of a sealed capture are reported", async () => {
    const [noEnd] = await reportsOf(await capture({ change: (blocks) => blocks.subarray(0, 192) }));
    expect(noEnd).toMatchObject({ verdict: "aead-ok+no-eoc", outcome: "incomplete" });
    const [cut] = await reportsOf(await capture({ change: (blocks) => blocks.subarray(0, 191) }));
    expect(cut).toMatchObject({ verdict: "aead-ok+no-eoc+truncated-block", truncatedBlock: 1 });
    const [longer] = await reportsOf(await capture({ change: (blocks) => concatenated(blocks, new Uint8Array(9)) }));
    expect(longer).toMatchObject({ verdict: "aead-ok", trailingBytes: 9 });
  });

  it("BlockCount is compared, and reported because it reveals the number of blocks", async () => {
    const file = await capture({ blockCount: 5 });
    const opened = await openCapture(file, { keys });
    expect(opened.deviations.map(({ id }) => id)).toEqual(expect.arrayContaining(["ENC-BLOCKCOUNT", "HDR-BLOCKCOUNT"]));
    expect((await opened.verify()).blockCount).toEqual({ declared: 5, counted: 3 });
  });

  it("an encrypted capture without blocks opens", async () => {
    const opened = await openCapture(await capture({ change: () => new Uint8Array(0) }), { keys });
    expect(opened.blocks.length).toBe(0);
    expect(await opened.verify()).toMatchObject({ verdict: "aead-ok+no-eoc", blocks: 0 });
  });
});
