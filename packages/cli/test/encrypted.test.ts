import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "msl-cli-encrypted-"));
});
afterAll(() => rm(scratch, { recursive: true }));

function secretsOf(name: string): Record<string, string> {
  return JSON.parse(readFileSync(capture(name).replace(/msl$/, "json"), "utf8")).secrets;
}

function secretFile(name: string, content: string | Uint8Array): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

const RAW = "md-enc-xchacha-raw";
const WEAK = "ms-enc-weak-argon2";
const KEM = "md-enc-hybrid";
const rawHex = secretsOf(RAW)["rawKeyHex"] ?? "";
const kemHex = secretsOf(KEM)["kemPrivateKeyHex"] ?? "";

describe("a secret", () => {
  it.each<[string, string, string, string | Uint8Array]>([
    ["a hexadecimal key", RAW, "key-file", rawHex],
    ["a hexadecimal key with a line break", RAW, "key-file", `${rawHex.toUpperCase()}\r\n`],
    ["a key of 32 bytes", RAW, "key-file", Buffer.from(rawHex, "hex")],
    ["a hexadecimal private key", KEM, "private-key-file", `${kemHex}\n`],
    ["a private key as bytes", KEM, "private-key-file", Buffer.from(kemHex, "hex")],
    ["a passphrase", WEAK, "passphrase-file", "weak"],
    ["a passphrase with a line break", WEAK, "passphrase-file", "weak\n"],
  ])("a secret is read from a file that contains %s", (_, name, option, content) => {
    const path = secretFile("secret", content);
    expect(msl(["verify", `--${option}`, path, capture(name)])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Intact: the AEAD tag and FileHash match"),
      stderr: "",
    });
  });

  it("only one line break at the end of a secret file is removed", () => {
    const path = secretFile("twice", "weak\n\n");
    expect(msl(["verify", "--passphrase-file", path, capture(WEAK)]).status).toBe(1);
  });

  it("a passphrase is taken from the environment for captures that need it", () => {
    const env = { MSL_PASSPHRASE: "weak" };
    expect(msl(["verify", capture(WEAK), capture("ms-basic-plain")], { env }).status).toBe(0);
    expect(
      msl(["blocks", capture(WEAK)], { env })
        .stdout.trim()
        .split("\n"),
    ).toHaveLength(4);
    expect(msl(["verify", "-"], { env, input: readFileSync(capture(WEAK)) }).status).toBe(0);
    // An option takes precedence over the environment.
    expect(msl(["verify", "--key-file", secretFile("k", rawHex), capture(RAW)], { env }).status).toBe(0);
  });

  it.each<[string, string[], number, RegExp]>([
    ["missing", [capture(RAW)], 2, /needs a key of 32 bytes; none was given/],
    ["of another kind", ["--passphrase-file", "P", capture(RAW)], 2, /needs a key of 32 bytes; a passphrase was given/],
    ["wrong", ["--passphrase-file", "P", capture("ms-enc-passphrase")], 1, /Authentication failed/],
    ["for a plain capture", ["--passphrase-file", "P", capture("ms-noeoc")], 1, /is not encrypted/],
    ["in a file that holds none", ["--key-file", "P", capture(RAW)], 2, /holds no key: expected 32 bytes, or twice as many/],
    ["in a file that is not there", ["--key-file", "/no/such/file", capture(RAW)], 2, /cannot be read/],
    ["given twice", ["--key-file", "P", "--passphrase-file", "P", capture(RAW)], 2, /exclude each other/],
  ])("a secret that is %s is reported, and never printed", (_, args, status, message) => {
    const path = secretFile("other", "hunter2hunter2");
    const result = msl(["verify", "--json", ...args.map((word) => (word === "P" ? path : word))]);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(message);
    expect(JSON.parse(result.stdout).error.message).toMatch(message);
    expect(result.stdout + result.stderr).not.toContain("hunter2");
  });
});

describe("an encrypted capture", () => {
  it("info shows the header of an encrypted capture without a key, and says that it is not authenticated", () => {
    const { status, stdout } = msl(["info", capture(KEM)]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Process +pid 4480\n/);
    expect(stdout).toMatch(/Encryption +AES-256-GCM, opened by a private key of 2432 bytes \(X25519\+ML-KEM-768\)/);
    expect(stdout).toMatch(/Locked +no key was given: the values shown here are not authenticated/);
    const document = JSON.parse(msl(["info", "--json", capture(KEM)]).stdout);
    expect(document).toMatchObject({ schema: "msl.info/1", locked: true, encryption: { keyEncap: 4, kemCtLen: 1120 } });
    expect(msl(["info", "--verify", capture(KEM)]).status).toBe(2);
  });

  it("info and dump show an encrypted capture with its key, and never the key", () => {
    const path = secretFile("key", rawHex);
    const info = msl(["info", "--verify", "--key-file", path, capture(RAW)]);
    expect(info.status).toBe(0);
    expect(info.stdout).toMatch(/Encryption +XChaCha20-Poly1305, opened by a key of 32 bytes/);
    const dump = msl(["dump", "--key-file", path, capture(RAW)]);
    expect(JSON.parse(dump.stdout)).toMatchObject({ encryption: { encAlgo: 2 }, blocks: expect.any(Array) });
    expect(`${info.stdout}${dump.stdout}`.toLowerCase()).not.toContain(rawHex.toLowerCase());
  });

  it("every command prints only an error for an altered encrypted capture", () => {
    const path = secretFile("pass", secretsOf("x-enc-tagflip")["passphrase"] ?? "");
    for (const command of ["info", "verify", "blocks", "dump"]) {
      const { status, stdout } = msl([command, "--json", "--passphrase-file", path, capture("x-enc-tagflip")]);
      expect(status).toBe(1);
      expect(Object.keys(JSON.parse(stdout))).toEqual(["schema", "file", "error"]);
    }
  });
});

describe("msl keygen", () => {
  it.each([
    ["x25519", 32, 32],
    ["ml-kem-768", 2400, 1184],
    ["ml-kem-1024", 3168, 1568],
    ["x25519-ml-kem-768", 2432, 1216],
  ])(
    "keygen writes %s keys of the specified sizes, and gives only the owner access to the private key",
    (mechanism, privateSize, publicSize) => {
      const prefix = join(scratch, mechanism);
      expect(msl(["keygen", "--mechanism", mechanism, "--out", prefix])).toMatchObject({ status: 0, stderr: "" });
      expect(statSync(`${prefix}.key`).mode & 0o777).toBe(0o600);
      expect(readFileSync(`${prefix}.key`, "utf8")).toMatch(new RegExp(`^[0-9a-f]{${2 * privateSize}}\n$`));
      expect(readFileSync(`${prefix}.pub`, "utf8")).toMatch(new RegExp(`^[0-9a-f]{${2 * publicSize}}\n$`));
    },
  );

  it("keygen writes bytes with --raw", () => {
    const prefix = join(scratch, "raw");
    const { stdout } = msl(["keygen", "--mechanism", "x25519", "--out", prefix, "--raw", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "msl.keygen/1", privateKeyFile: `${prefix}.key` });
    expect(readFileSync(`${prefix}.key`).length).toBe(32);
  });

  it("keygen overwrites no file, and writes no half of a pair", () => {
    const prefix = join(scratch, "kept");
    writeFileSync(`${prefix}.pub`, "mine");
    const result = msl(["keygen", "--mechanism", "x25519", "--out", prefix]);
    expect(result).toMatchObject({ status: 2, stderr: expect.stringContaining("exists already, and is not overwritten") });
    expect(readFileSync(`${prefix}.pub`, "utf8")).toBe("mine");
    expect(existsSync(`${prefix}.key`)).toBe(false);
  });

  it.each([
    [["--out", "x"], /needs --mechanism NAME, one of: x25519, .*x25519-ml-kem-768/],
    [["--mechanism", "rsa", "--out", "x"], /--mechanism takes one of/],
    [["--mechanism", "x25519"], /needs --out/],
    [["--mechanism", "x25519", "--out", "x", "file"], /takes no files/],
  ])("keygen refuses %j as wrong usage", (args, message) => {
    expect(msl(["keygen", ...args])).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  });
});
