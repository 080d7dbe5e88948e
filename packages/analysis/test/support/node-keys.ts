/** Private keys and certificates made by OpenSSL (node:crypto, openssl) and OpenSSH, with what `findKeys` has to say about each. */
import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blake3 } from "@memslice/core-wasm";
import type { FoundKey } from "../../src/index.js";

export interface Planted {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly expected: Omit<FoundKey, "address" | "secret">;
}

const CURVES = [
  ["prime256v1", "P-256", 256],
  ["secp384r1", "P-384", 384],
  ["secp521r1", "P-521", 521],
  ["secp256k1", "secp256k1", 256],
] as const;

const fingerprint = (bytes: Uint8Array) => Buffer.from(blake3(bytes).subarray(0, 8)).toString("hex");

/** The public key as the documentation of fingerprints says, from what OpenSSL exports as JWK. */
function identityOf(key: KeyObject): Uint8Array {
  const jwk = key.export({ format: "jwk" });
  const part = (text: string | undefined) => Buffer.from(text ?? "", "base64url");
  if (jwk.kty === "RSA") return part(jwk.n);
  return jwk.kty === "EC" ? Buffer.concat([Buffer.of(4), part(jwk.x), part(jwk.y)]) : part(jwk.x);
}

/** All kinds and sizes of private keys that node:crypto makes, in every form that it writes. */
export function opensslKeys(): Planted[] {
  const list: Planted[] = [];
  const add = (name: string, key: KeyObject, rest: Pick<FoundKey, "kind" | "bits" | "curve">, types: readonly string[]) => {
    for (const type of types) {
      for (const format of ["der", "pem"] as const) {
        const exported = key.export({ type: type as "pkcs8", format: format as "der" });
        const bytes = Buffer.from(exported);
        // The line break behind END is no part of the structure.
        const length = format === "pem" ? bytes.length - 1 : bytes.length;
        const stores = rest.kind === "rsa" || rest.kind === "ec";
        const expected = {
          length,
          ...rest,
          form: type as FoundKey["form"],
          pem: format === "pem",
          encrypted: false,
          proof: stores ? ("arithmetic" as const) : ("structure" as const),
          fingerprint: fingerprint(identityOf(key)),
        };
        list.push({ name: `${name} ${type} ${format}`, bytes: bytes.subarray(0, length), expected });
      }
    }
  };
  for (const bits of [512, 1024, 2048, 3072, 4096]) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: bits });
    add(`rsa ${bits}`, privateKey, { kind: "rsa", bits }, ["pkcs1", "pkcs8"]);
  }
  for (const [namedCurve, curve, bits] of CURVES) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve });
    add(curve, privateKey, { kind: "ec", bits, curve }, ["sec1", "pkcs8"]);
  }
  add("ed25519", generateKeyPairSync("ed25519").privateKey, { kind: "ed25519", bits: 256 }, ["pkcs8"]);
  add("x25519", generateKeyPairSync("x25519").privateKey, { kind: "x25519", bits: 256 }, ["pkcs8"]);
  return list;
}

/** Whether the program is installed. In CI a missing program is an error. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["CI"]) throw new Error(`${program} is not installed: .ci/run installs it`);
    return false;
  }
}

/** Keys of ssh-keygen, plain and encrypted, as files and decoded. */
export function opensshKeys(): Planted[] {
  return inFolder((folder) => {
    const list: Planted[] = [];
    const kinds = [
      ["rsa", "2048", "rsa", undefined],
      ["rsa", "3072", "rsa", undefined],
      ["ecdsa", "256", "ec", "P-256"],
      ["ecdsa", "384", "ec", "P-384"],
      ["ecdsa", "521", "ec", "P-521"],
      ["ed25519", "256", "ed25519", undefined],
    ] as const;
    for (const [type, bits, kind, curve] of kinds) {
      for (const [passphrase, cipher] of [
        ["", "aes256-ctr"],
        ["secret", "aes256-ctr"],
        ["secret", "aes256-gcm@openssh.com"],
      ] as const) {
        const file = join(folder, `${type}${bits}${cipher}${passphrase}`);
        execFileSync("ssh-keygen", ["-q", "-t", type, "-b", bits, "-N", passphrase, "-Z", cipher, "-a", "1", "-f", file]);
        const text = readFileSync(file);
        const publicKey = readFileSync(`${file}.pub`, "utf8").split(" ")[1] ?? "";
        const encrypted = passphrase !== "";
        const expected = {
          kind,
          form: "openssh" as const,
          bits: Number(bits),
          ...(curve && !encrypted && { curve }),
          encrypted,
          proof: encrypted ? ("structure" as const) : ("arithmetic" as const),
          fingerprint: fingerprint(lastString(Buffer.from(publicKey, "base64"), type === "rsa")),
        };
        const decoded = Buffer.from(text.toString().replace(/-----.*-----|\n/g, ""), "base64");
        const name = `${type} ${bits} ${encrypted ? cipher : "plain"}`;
        list.push({ name, bytes: decoded, expected: { length: decoded.length, pem: false, ...expected } });
        list.push({
          name: `${name} pem`,
          bytes: text.subarray(0, -1),
          expected: { length: text.length - 1, pem: true, ...expected },
        });
      }
    }
    return list;
  });
}

/** Of the blob of a public key: the modulus without its leading zero, the point, or the key, whose first byte may be zero. */
function lastString(blob: Buffer, isNumber: boolean): Uint8Array {
  let at = 0;
  let last: Uint8Array = new Uint8Array();
  while (at < blob.length) {
    const length = blob.readUInt32BE(at);
    last = blob.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return isNumber && last[0] === 0 ? last.subarray(1) : last;
}

/** Self-signed certificates of openssl, with extensions and (version 1) without. */
export function certificates(): Planted[] {
  return inFolder((folder) => {
    const list: Planted[] = [];
    const kinds = [
      ["rsa:2048", [], 2048],
      ["ec", ["-pkeyopt", "ec_paramgen_curve:P-256"], 256],
      ["ec", ["-pkeyopt", "ec_paramgen_curve:P-521"], 521],
      ["ed25519", [], 256],
    ] as const;
    for (const [type, options, bits] of kinds) {
      const file = (name: string) => join(folder, `${list.length}${name}`);
      const [key, request, certificate, old] = [file("key"), file("request"), file("certificate"), file("old")];
      const subject = ["-subj", "/C=XX/O=größe/CN=host.example"];
      const run = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
      run(
        "req",
        "-x509",
        "-newkey",
        type,
        ...options,
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
        ...subject,
        "-addext",
        "subjectAltName=DNS:a.example",
      );
      run("req", "-new", "-key", key, "-out", request, ...subject);
      run("x509", "-req", "-in", request, "-signkey", key, "-out", old);
      for (const path of [certificate, old]) {
        const der = new X509Certificate(readFileSync(path)).raw;
        const text = readFileSync(path).subarray(0, -1);
        const expected = {
          kind: "certificate",
          form: "x509",
          bits,
          encrypted: false,
          proof: "structure",
          fingerprint: fingerprint(der),
        } as const;
        list.push({
          name: `${type} ${path === old ? "version 1" : ""}`,
          bytes: der,
          expected: { length: der.length, pem: false, ...expected },
        });
        list.push({ name: `${type} pem`, bytes: text, expected: { length: text.length, pem: true, ...expected } });
      }
    }
    return list;
  });
}

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "keys-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The key of a structure that `findKeys` gave, if OpenSSL reads it. */
export function opensslReads(secret: Uint8Array, type: "pkcs1" | "pkcs8" | "sec1"): KeyObject {
  return createPrivateKey({ key: Buffer.from(secret), format: "der", type });
}
