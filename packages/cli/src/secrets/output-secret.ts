/** The encryption of a capture that is written. The options have `encrypt` or `out` in their names, except `--cipher`. */
import { type EncryptionOptions, type KemMechanism, MslError } from "@memslice/msl";
import type { OptionSpec, Options } from "../options.js";
import type { SecretRequest } from "./key-options.js";
import { canPrompt, promptForNewPassphrase } from "./prompt.js";
import { keyFile, passphraseFile, publicKeyFile } from "./secret-files.js";

const CIPHERS = ["aes-256-gcm", "xchacha20-poly1305"] as const;
const SECRETS = ["encrypt-to", "out-passphrase-file", "out-key-file"] as const;

export const ENCRYPT_OPTIONS: Readonly<Record<(typeof SECRETS)[number] | "encrypt" | "cipher", OptionSpec>> = {
  encrypt: { type: "boolean", help: "encrypt OUT; without one of the next three options, ask twice for a passphrase" },
  "encrypt-to": {
    type: "string",
    value: "FILE",
    help: "encrypt OUT for the owner of this public key, a file that msl keygen wrote",
  },
  "out-passphrase-file": { type: "string", value: "FILE", help: "encrypt OUT under this passphrase; `-`: standard input" },
  "out-key-file": { type: "string", value: "FILE", help: "encrypt OUT under this raw key: 32 bytes, or 64 hexadecimal digits" },
  cipher: { type: "string", value: "NAME", words: CIPHERS, help: `cipher of OUT: ${CIPHERS.join(" (default) or ")}` },
};

/** The mechanism of a public key by its length in bytes, which is different for each mechanism. */
const MECHANISMS: Readonly<Record<number, KemMechanism>> = {
  32: "x25519",
  1184: "ml-kem-768",
  1216: "x25519-ml-kem-768",
  1568: "ml-kem-1024",
};

/**
 * The encryption that the options ask for; undefined for a plain OUT. Throws `usage` for options that contradict each other, `source`,
 * `bad-key` and `aborted`.
 */
export async function outputEncryption(
  { options, signal }: SecretRequest,
  target: string,
): Promise<EncryptionOptions | undefined> {
  const [name, another] = SECRETS.filter((one) => typeof options[one] === "string");
  if (another !== undefined)
    throw new MslError("usage", `--${name} and --${another} exclude each other: a capture has one secret`);
  if (name === undefined && options["encrypt"] !== true) {
    if (options["cipher"] === undefined) return undefined;
    throw new MslError("usage", `--cipher is for an encrypted OUT: give --encrypt or one of ${secretNames()}`);
  }
  const cipher = cipherOf(options["cipher"]);
  return {
    ...(name === undefined ? await secretFromUser(target, signal) : await secretFromFile(name, String(options[name]))),
    ...(cipher && { cipher }),
  };
}

export function forgetEncryption(encryption: EncryptionOptions | undefined): void {
  for (const secret of Object.values(encryption ?? {})) if (secret instanceof Uint8Array) secret.fill(0);
}

async function secretFromFile(name: (typeof SECRETS)[number], path: string): Promise<EncryptionOptions> {
  if (name === "encrypt-to") {
    const recipientPublicKey = await publicKeyFile(path, new Set(Object.keys(MECHANISMS).map(Number)));
    const mechanism = MECHANISMS[recipientPublicKey.length];
    if (mechanism === undefined) throw new MslError("bad-key", `${path} holds no public key`);
    return { mechanism, recipientPublicKey };
  }
  return name === "out-key-file" ? keyFile(path) : passphraseFile(path);
}

async function secretFromUser(target: string, signal: AbortSignal): Promise<EncryptionOptions> {
  if (canPrompt()) return { passphrase: await promptForNewPassphrase(target, signal) };
  throw new MslError("usage", `--encrypt asks at a terminal, and there is none: give one of ${secretNames()}`);
}

function secretNames(): string {
  return SECRETS.map((one) => `--${one}`).join(", ");
}

function cipherOf(value: Options[string]): (typeof CIPHERS)[number] | undefined {
  if (value === undefined) return undefined;
  const found = CIPHERS.find((one) => one === value);
  if (!found) throw new MslError("usage", `--cipher takes ${CIPHERS.join(", ")}`);
  return found;
}
