/** The secrets of captures that are read: from files, the environment or a prompt, never from arguments, which other users can see. */
import { type KeyMaterial, type KeyProvider, MslError } from "@memslice/msl";
import type { OptionSpec, Options } from "../options.js";
import { canPrompt, promptForPassphrase } from "./prompt.js";
import { keyFile, passphraseFile, privateKeyFile } from "./secret-files.js";

const READERS = { "passphrase-file": passphraseFile, "key-file": keyFile, "private-key-file": privateKeyFile } as const;

/** The options that name a file with a secret, for every command that opens captures. */
export const KEY_OPTIONS: Readonly<Record<keyof typeof READERS, OptionSpec>> = {
  "passphrase-file": {
    type: "string",
    value: "FILE",
    help: "passphrase of an encrypted capture; `-`: standard input; default: the variable MSL_PASSPHRASE",
  },
  "key-file": {
    type: "string",
    value: "FILE",
    help: "raw key of an encrypted capture: 32 bytes, or 64 hexadecimal digits; `-`: standard input",
  },
  "private-key-file": {
    type: "string",
    value: "FILE",
    help: "private key of the recipient: bytes, or hexadecimal digits; `-`: standard input",
  },
};

const OF_OTHER = "b-";
const KEY_NAMES = Object.keys(READERS);

/** The options with secrets of B, the second of two captures. */
export const OTHER_KEY_OPTIONS: Readonly<Record<string, OptionSpec>> = Object.fromEntries(
  Object.entries(KEY_OPTIONS).map(([name, spec]) => [`${OF_OTHER}${name}`, { ...spec, help: `as --${name}, for B` }]),
);

/** The options with the secrets of B in the place of those of A; the options themselves if B has none of its own. */
export function otherKeys(options: Options): Options {
  if (KEY_NAMES.every((name) => options[`${OF_OTHER}${name}`] === undefined)) return options;
  return { ...options, ...Object.fromEntries(KEY_NAMES.map((name) => [name, options[`${OF_OTHER}${name}`]])) };
}

/** Whether B is opened with the secret that was given for A. */
export function sharesSecret(options: Options): boolean {
  return otherKeys(options) === options && KEY_NAMES.some((name) => options[name] !== undefined);
}

/** What a message says that a capture needs, and where each kind of secret comes from. */
const KEY_SOURCES: readonly (readonly [need: RegExp, source: string])[] = [
  [/\ba passphrase\b/, "--passphrase-file or the environment variable MSL_PASSPHRASE"],
  [/\ba private key\b/, "--private-key-file"],
  [/\ba key\b/, "--key-file"],
];

/** For example "give it with --key-file", for the sentence of an error with the code `missing-key`. */
export function keySourceHint(message: string): string {
  const [, needed = ""] = /needs (.*?);/.exec(message) ?? [];
  const fitting = KEY_SOURCES.filter(([need]) => need.test(needed));
  return `give it with ${(fitting.length > 0 ? fitting : KEY_SOURCES).map(([, source]) => source).join(", or ")}`;
}

/** The part of an invocation that secrets are read with. */
export interface SecretRequest {
  readonly options: Options;
  readonly signal: AbortSignal;
}

/** Secrets that have been read for options. Each is read once for all captures: a pipe gives its data only once. */
const secretsRead = new WeakMap<Options, Promise<KeyMaterial>>();

/**
 * The secret for the capture `file`. With an option, the secret of its file: a plain capture is then refused. Without an option, a function
 * that is called only for an encrypted capture, and returns the passphrase from the environment or from a prompt at the terminal. Throws
 * `usage` for more than one option, `source` and `bad-key`.
 */
export async function keysGiven({ options, signal }: SecretRequest, file: string): Promise<KeyMaterial | KeyProvider> {
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

/**
 * The secret for the capture `file`, which need not be encrypted: the secret was given for another capture in the first place. An option is then as the
 * environment is for `keysGiven`: its secret is asked for only by an encrypted capture. `forgetOptionKeys` zeroes it. Throws as `keysGiven` does.
 */
export async function keysIfEncrypted(request: SecretRequest, file: string): Promise<KeyMaterial | KeyProvider> {
  const keys = await keysGiven(request, file);
  if (typeof keys === "function") return keys;
  forgetKeys(keys);
  return async () => (await secretsRead.get(request.options)) ?? {};
}

/** Zeroes secrets that are byte arrays. The library has its own copies as long as it needs them. */
export function forgetKeys(keys: KeyMaterial | KeyProvider): void {
  if (typeof keys === "function") return;
  for (const secret of [keys.key, keys.passphrase, keys.privateKey]) if (secret instanceof Uint8Array) secret.fill(0);
}

/** Zeroes the secret that was read for options, after the last capture. */
export async function forgetOptionKeys(options: Options): Promise<void> {
  const secret = await secretsRead.get(options)?.catch(() => undefined);
  if (secret) forgetKeys(secret);
}

function secretOnce(options: Options, name: keyof typeof READERS): Promise<KeyMaterial> {
  const secret = secretsRead.get(options) ?? READERS[name](String(options[name]));
  secretsRead.set(options, secret);
  return secret;
}

/** A copy for one capture, which is zeroed after that capture. */
function copyOf(keys: KeyMaterial): KeyMaterial {
  return Object.fromEntries(Object.entries(keys).map(([kind, secret]) => [kind, new Uint8Array(secret)]));
}
