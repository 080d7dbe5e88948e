/** `findKeys` against aeskeyfind and rsakeyfind on a generated image. */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expandKey, inverseSchedule, reversedWords } from "../../../core-wasm/test/support/aes-expansion.js";
import { FlatMemory, type FoundKey, findKeys } from "../../src/index.js";
import { isInstalled } from "../support/node-keys.js";

const folder = mkdtempSync(join(tmpdir(), "key-tools-"));
const file = join(folder, "image");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Keys of each size, planted in the byte order of FIPS 197 at multiples of 4. */
const aes = [16, 24, 32, 16, 32].map((length) => randomBytes(length));
const rsa = [1024, 2048].flatMap((bits) =>
  (["pkcs1", "pkcs8"] as const).map((type) => ({
    type,
    der: generateKeyPairSync("rsa", { modulusLength: bits }).privateKey.export({ type, format: "der" }),
  })),
);
const image = randomBytes(1 << 17);
let found: FoundKey[];
const places: number[] = [];

beforeAll(async () => {
  let at = 1000;
  for (const key of aes) {
    image.set(expandKey(key), at);
    at += 600;
  }
  // Neither form below is known to aeskeyfind.
  for (const form of [reversedWords, inverseSchedule]) {
    image.set(form(expandKey(randomBytes(16))), at);
    at += 600;
  }
  for (const { der } of rsa) {
    places.push(at);
    image.set(der, at);
    at += der.length + 333;
  }
  writeFileSync(file, image);
  found = [];
  for await (const batch of findKeys(new FlatMemory(image, 0n), { showSecrets: true })) found.push(...batch);
});

describe("findKeys", () => {
  it.skipIf(!isInstalled("aeskeyfind"))("finds the AES keys that aeskeyfind finds, and those of 192 bits and other forms", () => {
    const listed = execFileSync("aeskeyfind", ["-q", file], { encoding: "utf8" }).split("\n");
    const theirs = listed.filter((line) => /^[0-9a-f]{32,64}$/.test(line));
    const ours = (test: (key: FoundKey) => boolean) =>
      found.filter((key) => key.kind === "aes" && test(key)).map(({ secret }) => Buffer.from(secret ?? []).toString("hex"));
    expect(ours(({ form, bits }) => form === "schedule" && bits !== 192).sort()).toEqual([...theirs].sort());
    expect(theirs).toHaveLength(4);
    // aeskeyfind looks for 128 and 256 bits, in the byte order of FIPS 197, for encryption.
    expect(ours(({ form, bits }) => form !== "schedule" || bits === 192)).toHaveLength(3);
  });

  it.skipIf(!isInstalled("rsakeyfind"))(
    "finds the RSA keys that rsakeyfind finds, with the structure around those in PKCS#8",
    () => {
      const listed = execFileSync("rsakeyfind", [file], { encoding: "latin1" });
      const theirs = [...listed.matchAll(/FOUND PRIVATE KEY AT ([0-9a-f]+)/g)].map(([, hex]) => Number.parseInt(hex ?? "", 16));
      const ours = found.filter(({ kind }) => kind === "rsa");
      expect(ours.map(({ address }) => Number(address))).toEqual(places);
      // rsakeyfind reports the PKCS#1 structure that PKCS#8 has at its end.
      const inner = ours.map(({ address, length, form }) => {
        const start = Number(address);
        return form === "pkcs1" ? start : image.subarray(0, start + length).lastIndexOf(Buffer.from("020100028", "hex")) - 4;
      });
      expect(inner).toEqual(theirs);
    },
  );
});
