/** Secrets on the command line: from files or the environment, never from arguments, which other users of the machine can see. */
import { type KeyMaterial, type KeyProvider, MslError } from "@memslice/msl";
import type { OptionSpec, Options } from "../options.js";
import { canPrompt, promptForPassphrase } from "./prompt.js";
import { keyFile, passphraseFile, privateKeyFile } from "./secret-files.js";

const READERS = { "passphrase-file": passphraseFile, "key-file": keyFile, "private-key-file": privateKeyFile } as const;

/** Options of every command that opens captures. */
export const KEY_OPTIONS: Readonly<Record<keyof typeof READERS, OptionSpec>> = {
  "passphrase-file": {
    type: "string",
    value: "FILE",
    help: "passphrase of an encrypted capture, `-`: standard input; also MSL_PASSPHRASE",
  },
  "key-file": { type: "string", value: "FILE", help: "its raw key: 32 bytes, or 64 hexadecimal digits; `-`: standard input" },
  "private-key-file": {
    type: "string",
    value: "FILE",
    help: "the recipient's private key: bytes, or hexadecimal; `-`: standard input",
  },
};

/** Where secrets come from, for messages. */
export const KEY_SOURCES = `${Object.keys(READERS)
  .map((name) => `--${name}`)
  .join(", ")} or the environment variable MSL_PASSPHRASE`;

/** Of an invocation: what was asked for, and what cancels it. */
export interface Asked {
  readonly options: Options;
  readonly signal: AbortSignal;
}

/** Secrets of options: read once for all files, since a pipe gives them once. */
const secretsRead = new WeakMap<Options, Promise<KeyMaterial>>();

/**
 * The secret that an option names, which is for an encrypted capture and nothing else; without one, the environment is asked when a
 * capture is encrypted, then the user at the terminal if it takes a passphrase. Throws `usage` for several, `source` and `bad-key`.
 */
export async function keysGiven({ options, signal }: Asked, file: string): Promise<KeyMaterial | KeyProvider> {
  const given = Object.keys(READERS).filter((name): name is keyof typeof READERS => typeof options[name] === "string");
  const [name, another] = given;
  if (another !== undefined) throw new MslError("usage", `--${name} and --${another} exclude each other`);
  if (name !== undefined) return copyOf(await secretOnce(options, name));
  return async ({ secret }) => {
    const passphrase = process.env["MSL_PASSPHRASE"];
    if (passphrase !== undefined) return { passphrase };
    return secret === "passphrase" && canPrompt() ? { passphrase: await promptForPassphrase(file, signal) } : {};
  };
}

/** Zeroes what can be zeroed; the library keeps copies of its own while it needs them. */
export function forgetKeys(keys: KeyMaterial | KeyProvider): void {
  if (typeof keys === "function") return;
  for (const secret of [keys.key, keys.passphrase, keys.privateKey]) if (secret instanceof Uint8Array) secret.fill(0);
}

/** Zeroes what was read for options, when no further file needs it. */
export async function forgetOptionKeys(options: Options): Promise<void> {
  const secret = await secretsRead.get(options)?.catch(() => undefined);
  if (secret) forgetKeys(secret);
}

function secretOnce(options: Options, name: keyof typeof READERS): Promise<KeyMaterial> {
  const secret = secretsRead.get(options) ?? READERS[name](String(options[name]));
  secretsRead.set(options, secret);
  return secret;
}

/** For one capture, which zeroes it. */
function copyOf(keys: KeyMaterial): KeyMaterial {
  return Object.fromEntries(Object.entries(keys).map(([kind, secret]) => [kind, new Uint8Array(secret)]));
}
