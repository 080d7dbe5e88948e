/** `msl keygen`: makes key pairs for recipients of encrypted captures. */
import { access, rm, writeFile } from "node:fs/promises";
import { generateKeyPair, KEM_MECHANISMS, type KemMechanism, MslError } from "@memslice/msl";
import type { Command, Invocation } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import type { OptionValue } from "../options.js";
import { safeText } from "../terminal/safe-text.js";

const MECHANISMS = Object.keys(KEM_MECHANISMS);
const ONLY_OWNER = 0o600;
const EVERYONE_READS = 0o644;

export const keygen: Command = {
  name: "keygen",
  summary: "make a key pair for receiving encrypted captures",
  operands: "",
  options: {
    mechanism: { type: "string", value: "NAME", words: MECHANISMS, help: `${MECHANISMS.join(", ")}` },
    out: { type: "string", short: "o", value: "PREFIX", help: "write PREFIX.key (private) and PREFIX.pub (public)" },
    raw: { type: "boolean", help: "write bytes instead of hexadecimal text" },
    json: { type: "boolean", help: "one JSON document (msl.keygen/1) that names the files" },
  },
  details: [
    "The specification recommends x25519-ml-kem-768. Only the owner can read the file of the private key, which is not encrypted.",
    "Files that exist are not overwritten.",
  ],
  examples: [["msl keygen --mechanism x25519 --out case", "writes case.pub and case.key."]],
  run: writeKeyPair,
};

async function writeKeyPair({ files, options, output }: Invocation): Promise<ExitStatus> {
  const prefix = options["out"];
  if (files.length > 0) throw new MslError("usage", "msl keygen takes no files; --out names the files to write");
  if (typeof prefix !== "string" || prefix === "") throw new MslError("usage", "msl keygen needs --out PREFIX");
  const mechanism = mechanismOf(options["mechanism"]);
  const paths = { privateKeyFile: `${prefix}.key`, publicKeyFile: `${prefix}.pub` };
  for (const path of Object.values(paths)) await requireAbsent(path);
  const { privateKey, publicKey } = await generateKeyPair(mechanism);
  try {
    await writeNew(paths.privateKeyFile, privateKey, ONLY_OWNER, options["raw"] === true);
    await writeNew(paths.publicKeyFile, publicKey, EVERYONE_READS, options["raw"] === true).catch(async (error: unknown) => {
      // No half of a pair is left alone.
      await rm(paths.privateKeyFile, { force: true });
      throw error;
    });
  } finally {
    privateKey.fill(0);
  }
  if (output.format === "json") await output.json({ schema: "msl.keygen/1", mechanism, ...paths });
  else
    await output.line(
      `${safeText(paths.privateKeyFile)}: private key, keep it secret\n${safeText(paths.publicKeyFile)}: public key`,
    );
  return ExitStatus.Done;
}

function mechanismOf(name: OptionValue): KemMechanism {
  const known = `one of: ${MECHANISMS.join(", ")}`;
  if (name === undefined) throw new MslError("usage", `msl keygen needs --mechanism NAME, ${known}`);
  if (typeof name === "string" && Object.hasOwn(KEM_MECHANISMS, name)) return name as KemMechanism;
  throw new MslError("usage", `--mechanism takes ${known}`);
}

/** Called for both files before the first one is written, so that no half of a pair is left alone. */
async function requireAbsent(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new MslError("usage", `${path} exists already, and is not overwritten`);
}

async function writeNew(path: string, key: Uint8Array, mode: number, raw: boolean): Promise<void> {
  try {
    // `wx` fails if the file has appeared since `requireAbsent`.
    await writeFile(path, raw ? key : `${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("hex")}\n`, {
      flag: "wx",
      mode,
    });
  } catch (cause) {
    // The file of another program stays.
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") await rm(path, { force: true }).catch(() => {});
    throw new MslError("sink", `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
