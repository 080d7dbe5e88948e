/** Captures that must not open: altered and cut ones, wrong and missing keys, Argon2id parameters above the limits. */
import { beforeAll, describe, expect, it } from "vitest";
import { derivedKeysOf } from "../../../bench/src/samples/recorded-values.js";
import {
  generateKeyPair,
  inspectCapture,
  type KeyMaterial,
  MslError,
  type MslErrorCode,
  MslReader,
  MslSliceReader,
  openCapture,
  verifyStream,
} from "../../src/index.js";
import { captureOf } from "../build-capture.js";
import { expectation, fixtureBytes } from "../fixtures.js";
import { vectorV1 } from "../vectors.js";
import { bytesFrom, sealedCapture } from "./sealed-capture.js";

const KEY = bytesFrom(0, 32);
/** Process Identity, Module List Index and End-of-Capture. */
const BLOCKS = captureOf([
  { type: 0x40, payload: vectorV1(0).slice(64 + 80, 64 + 112) },
  { type: 0x10, payload: new Uint8Array(8) },
  { type: 0xfff, payload: new Uint8Array(48) },
]).subarray(64);

async function codeOf(work: Promise<unknown>): Promise<MslErrorCode | "opened"> {
  try {
    await work;
    return "opened";
  } catch (error) {
    if (error instanceof MslError) return error.code;
    throw error;
  }
}

/** The error codes that an altered header may have. Every other alteration fails the tag. */
const HEADER_REFUSALS: ReadonlySet<string> = new Set<MslErrorCode>([
  "not-msl",
  "bad-header",
  "unsupported-version",
  "unsupported-encryption",
  "not-encrypted",
  "authentication-failed",
]);

interface Sealed {
  readonly file: Uint8Array;
  readonly keys: KeyMaterial;
}

const CASES: Record<string, () => Promise<Sealed>> = {
  "AES-256-GCM, raw key": async () => ({ file: await sealedCapture([BLOCKS], { key: KEY }), keys: { key: KEY } }),
  "XChaCha20-Poly1305, raw key": async () => ({
    file: await sealedCapture([BLOCKS], { key: KEY, cipher: "xchacha20-poly1305" }),
    keys: { key: KEY },
  }),
  "AES-256-GCM, X25519": async () => {
    const { publicKey, privateKey } = await generateKeyPair("x25519");
    return {
      file: await sealedCapture([BLOCKS], { mechanism: "x25519", recipientPublicKey: publicKey }),
      keys: { privateKey },
    };
  },
};

describe.each(Object.entries(CASES))("%s", (name, make) => {
  let file = new Uint8Array(0) as Uint8Array;
  let keys: KeyMaterial = {};
  beforeAll(async () => {
    ({ file, keys } = await make());
  });

  it("the unaltered capture opens", async () => {
    expect((await openCapture(file, { keys })).blocks.length).toBe(3);
  });

  it("a capture with any single bit flipped is refused", async () => {
    const ciphertextAt = 128 + (name.endsWith("X25519") ? 32 : 0);
    for (let bit = 0; bit < file.length * 8; bit++) {
      const altered = file.slice();
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const code = await codeOf(openCapture(altered, { keys }));
      if (bit >> 3 < 128) expect(HEADER_REFUSALS, `bit ${bit}: ${code}`).toContain(code);
      else expect(code, `bit ${bit}, ciphertext at ${ciphertextAt}`).toBe("authentication-failed");
    }
  });

  it("a capture that is cut anywhere, or has bytes appended, is refused", async () => {
    for (let size = 0; size < file.length; size++) {
      const expected = size < 10 ? "not-msl" : size < 128 ? "truncated" : "authentication-failed";
      expect(await codeOf(openCapture(file.slice(0, size), { keys })), `${size} bytes`).toBe(expected);
    }
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    expect(await codeOf(openCapture(longer, { keys }))).toBe("authentication-failed");
  });

  it("an altered capture is refused by stream readers before any block, too", async () => {
    for (const at of [0x30, 128, file.length - 100, file.length - 1]) {
      const altered = file.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(await codeOf(verifyStream([altered], { keys }))).toBe("authentication-failed");
      expect(await codeOf(MslReader.from([altered], { keys })[Symbol.asyncIterator]().next())).toBe("authentication-failed");
    }
  });
});

describe("keys", () => {
  let byKey: Uint8Array;
  let byRecipient: Uint8Array;
  let privateKey: Uint8Array;
  beforeAll(async () => {
    byKey = await sealedCapture([BLOCKS], { key: KEY });
    const pair = await generateKeyPair("x25519-ml-kem-768");
    byRecipient = await sealedCapture([BLOCKS], { mechanism: "x25519-ml-kem-768", recipientPublicKey: pair.publicKey });
    privateKey = pair.privateKey;
  });
  const byPassphrase = fixtureBytes("ms-enc-weak-argon2");

  it("a missing secret, or one of another kind, is an error that names the secret needed", async () => {
    await expect(openCapture(byKey)).rejects.toThrow(/needs a key of 32 bytes; none was given/);
    await expect(openCapture(byPassphrase, { keys: { privateKey } })).rejects.toThrow(
      /needs a passphrase; a private key was given/,
    );
    await expect(openCapture(byRecipient, { keys: { passphrase: "p" } })).rejects.toThrow(
      /needs a private key of 2432 bytes \(X25519\+ML-KEM-768\); a passphrase was given/,
    );
    expect(await codeOf(openCapture(byKey, { keys: { passphrase: "p", privateKey } }))).toBe("missing-key");
  });

  it("a key of an impossible length is another error than a wrong key", async () => {
    expect(await codeOf(openCapture(byKey, { keys: { key: KEY.subarray(1) } }))).toBe("bad-key");
    expect(await codeOf(openCapture(byRecipient, { keys: { privateKey: privateKey.subarray(1) } }))).toBe("bad-key");
    expect(await codeOf(openCapture(byKey, { keys: { key: bytesFrom(1, 32) } }))).toBe("authentication-failed");
    expect(await codeOf(openCapture(byPassphrase, { strict: true, keys: { passphrase: "wrong" } }))).toBe(
      "authentication-failed",
    );
    const wrong = (await generateKeyPair("x25519-ml-kem-768")).privateKey;
    expect(await codeOf(openCapture(byRecipient, { keys: { privateKey: wrong } }))).toBe("authentication-failed");
    // FIPS 203: the private key contains a hash of its public key, which does not match here. The error is the same as for an altered capture.
    wrong.set(privateKey.subarray(0, 1500));
    expect(await codeOf(openCapture(byRecipient, { keys: { privateKey: wrong } }))).toBe("authentication-failed");
  });

  it("the caller's secrets are not changed, even in a Buffer", async () => {
    const keys = { key: Buffer.from(KEY) };
    await (await openCapture(byKey, { keys })).close();
    await (await openCapture(byRecipient, { keys: { privateKey: Buffer.from(privateKey) } })).close();
    expect(new Uint8Array(keys.key)).toEqual(KEY);
  });

  it("secrets never appear in errors", async () => {
    const passphrase = "do not repeat me";
    for (const keys of [{ passphrase }, { key: KEY.subarray(2) }, { privateKey: new Uint8Array(7).fill(0x5a) }]) {
      for (const file of [byKey, byRecipient, byPassphrase]) {
        const error = await openCapture(file, { keys, strict: true }).catch((reason: Error) => reason);
        expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toMatch(/repeat|5a5a|0203|2,3,4/);
      }
    }
  });

  it("a plain capture is refused if a secret is given", async () => {
    const plain = vectorV1(0);
    expect(await codeOf(openCapture(plain, { keys: { key: KEY } }))).toBe("not-encrypted");
    expect(await codeOf(verifyStream([plain], { keys: { passphrase: "p" } }))).toBe("not-encrypted");
    expect(
      await codeOf(
        MslReader.from([plain], { keys: { key: KEY } })
          [Symbol.asyncIterator]()
          .next(),
      ),
    ).toBe("not-encrypted");
    expect(await codeOf(openCapture(plain, { keys: {} }))).toBe("opened");
  });

  it("a function given as keys is called for encrypted captures only", async () => {
    const asked: unknown[] = [];
    const keys = ({ secret }: { secret: unknown }) => {
      asked.push(secret);
      return { key: KEY };
    };
    await openCapture(vectorV1(0), { keys });
    expect(asked).toEqual([]);
    expect((await openCapture(byKey, { keys })).blocks.length).toBe(3);
    expect(asked).toEqual(["key"]);
  });
});

describe("without a key", () => {
  it("without a key, header and encryption can be read, and nothing else", async () => {
    const { header, encryption, size, deviations } = await inspectCapture(fixtureBytes("md-enc-hybrid"));
    expect(header).toMatchObject({ encrypted: true, pid: 4480, headerSize: 128 });
    expect(encryption).toMatchObject({ encAlgoName: "AES-256-GCM", keyEncapName: "X25519+ML-KEM-768", secret: "private-key" });
    expect(size).toBe(14_520);
    expect(deviations.map(({ id, field }) => [id, field])).toEqual([
      ["HDR-RESERVED", "kdfTime"],
      ["HDR-RESERVED", "kdfMemoryKiB"],
      ["HDR-RESERVED", "kdfLanes"],
    ]);
    expect((await inspectCapture(vectorV1(0))).encryption).toBeNull();
    expect((await MslReader.from([fixtureBytes("md-enc-hybrid")]).header()).pid).toBe(4480);
  });

  it("MslSliceReader names the readers of encrypted captures", () => {
    expect(() => new MslSliceReader(fixtureBytes("md-enc-hybrid"))).toThrow(/open it with openCapture/);
  });
});

describe("Argon2id parameters in a header", () => {
  /** The header of a capture for a passphrase, with these bytes changed. */
  function demanding(change: (view: DataView) => void): Uint8Array {
    const bytes = fixtureBytes("ms-enc-weak-argon2");
    change(new DataView(bytes.buffer));
    return bytes;
  }
  const keys = { passphrase: "weak" };

  it.each([
    [
      "4 TiB of memory",
      (view: DataView) => view.setUint32(0x48, 0xffff_ffff, true),
      /over 4294967295 KiB in 1 lanes; the limit is 65536 KiB/,
    ],
    [
      "2^32 passes",
      (view: DataView) => view.setUint32(0x44, 0xffff_ffff, true),
      /with 4294967295 passes .*; the limit is 16 passes/,
    ],
    ["255 lanes", (view: DataView) => view.setUint8(0x4c, 255), /in 255 lanes; the limit is 16 lanes/],
    [
      "much of both",
      (view: DataView) => {
        view.setUint32(0x44, 16, true);
        view.setUint32(0x48, 2 ** 16, true);
      },
      /the limit is 524288 passes times KiB/,
    ],
  ])("a header that demands %s is refused before the key derivation runs", async (_, change, message) => {
    const started = performance.now();
    await expect(openCapture(demanding(change), { keys })).rejects.toThrow(message);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(await codeOf(openCapture(demanding(change), { keys }))).toBe("limit");
  });

  it("demands on Argon2id are compared with the caller's limits, raised parameters too", async () => {
    const file = fixtureBytes("ms-enc-weak-argon2");
    expect(await codeOf(openCapture(file, { keys, argon2Limits: { memoryKiB: 63 } }))).toBe("limit");
    // MemDiver would have raised 64 KiB to 64 MiB.
    expect(await codeOf(openCapture(file, { keys, argon2Limits: { memoryKiB: 64 } }))).toBe("limit");
    expect(await codeOf(openCapture(file, { keys, argon2Limits: { memoryKiB: 64 }, strict: true }))).toBe("opened");
  });

  it("parameters below Argon2id's own minimum are not run, and raised ones are tried", async () => {
    const noLanes = demanding((view) => view.setUint8(0x4c, 0));
    await expect(openCapture(noLanes, { keys, strict: true })).rejects.toThrow(/cannot run with 1 passes over 64 KiB in 0 lanes/);
    expect(await codeOf(openCapture(noLanes, { keys }))).toBe("authentication-failed");
  });

  it("an unknown code in the header is an error with its name and offset", async () => {
    const withCode = (offset: number, code: number, kemCtLen = 0) =>
      demanding((view) => {
        view.setUint8(offset, code);
        view.setUint16(0x4e, kemCtLen, true);
      });
    await expect(openCapture(withCode(0x40, 3), { keys })).rejects.toThrow(
      "EncAlgo at offset 0x40 is 0x03, which is not supported",
    );
    await expect(openCapture(withCode(0x41, 9), { keys })).rejects.toThrow(
      "KDFType at offset 0x41 is 0x09, which is not supported",
    );
    const reserved = withCode(0x42, 0x77);
    reserved[0x41] = 0;
    await expect(openCapture(reserved, { keys })).rejects.toThrow("KeyEncap at offset 0x42 is 0x77, which is not supported");
    await expect(openCapture(withCode(0x42, 1), { keys })).rejects.toThrow(/KEMCtLen at offset 0x4E is 0, expected 32/);
    await expect(openCapture(withCode(0x42, 1, 32), { keys })).rejects.toThrow(
      /dual control, for which no key derivation is specified \(ENC-DUAL\)/,
    );
    const ids = (await inspectCapture(withCode(0x42, 1, 31))).deviations.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["ENC-DUAL", "ENC-KEMLEN", "ENC-KDFWEAK"]));
  });
});

describe("deviations of producers", () => {
  it("the raised Argon2id parameters of MemDiver are tried and reported", async () => {
    const file = fixtureBytes("md-enc-argon2-understated");
    const passphrase = expectation("md-enc-argon2-understated").secrets?.passphrase ?? "";
    const { deviations } = await openCapture(file, { keys: { passphrase } });
    expect(deviations.filter(({ id }) => id === "ENC-KDFWEAK").map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/ran with 3 passes, 65536 KiB and 4 lanes, more than the header states/),
    );
    expect(await codeOf(openCapture(file, { keys: { passphrase }, strict: true }))).toBe("authentication-failed");
  });

  it("a raw key opens a capture that memslicer labelled as Argon2id", async () => {
    const file = fixtureBytes("ms-enc-passphrase");
    const { deviations } = await openCapture(file, { keys: derivedKeysOf(expectation("ms-enc-passphrase")) });
    expect(deviations.find(({ id }) => id === "ENC-PARAM")?.message).toMatch(
      /KDFType is Argon2id, but the key was given as it is/,
    );
  });
});
