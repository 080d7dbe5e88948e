/** Secrets on the command line: from files or the environment, never from arguments, which other users of the machine can see. */
import { type KeyMaterial, type KeyProvider, MslError } from "@memslice/msl";
import type { OptionSpec, Options } from "../options.js";
import { canPrompt, promptForPassphrase } from "./prompt.js";
import { keyFile, passphraseFile, privateKeyFile } from "./secret-files.js";

const READERS = { "passphrase-file": passphraseFile, "key-file": keyFile, "private-key-file": privateKeyFile } as const;

/** Options of every command that opens captures. */
export const KEY_OPTIONS: Readonly<Record<keyof typeof READERS, OptionSpec>> = {
  "passphrase-file": { type: "string", value: "FILE", help: "passphrase of an encrypted capture; MSL_PASSPHRASE holds it too" },
  "key-file": { type: "string", value: "FILE", help: "its raw key: 32 bytes, or 64 hexadecimal digits" },
  "private-key-file": { type: "string", value: "FILE", help: "the recipient's private key: bytes, or hexadecimal" },
};

/**
 * The secret that an option names, which is for an encrypted capture and nothing else; without one, the environment is asked when a
 * capture is encrypted, then the user at the terminal if it takes a passphrase. Throws `usage` for several, `source` and `bad-key`.
 */
export async function keysGiven(options: Options, file: string): Promise<KeyMaterial | KeyProvider> {
  const given = Object.keys(READERS).filter((name): name is keyof typeof READERS => typeof options[name] === "string");
  const [name, another] = given;
  if (another !== undefined) throw new MslError("usage", `--${name} and --${another} exclude each other`);
  if (name !== undefined) return READERS[name](String(options[name]));
  return async ({ secret }) => {
    const passphrase = process.env["MSL_PASSPHRASE"];
    if (passphrase !== undefined) return { passphrase };
    return secret === "passphrase" && canPrompt() ? { passphrase: await promptForPassphrase(file) } : {};
  };
}

/** Zeroes what can be zeroed; the library keeps copies of its own while it needs them. */
export function forgetKeys(keys: KeyMaterial | KeyProvider): void {
  if (typeof keys === "function") return;
  for (const secret of [keys.key, keys.passphrase, keys.privateKey]) if (secret instanceof Uint8Array) secret.fill(0);
}
