/** Checks every sample against its recorded values: header, blocks, page states, texts, digests of payloads, verdict. */
import type { Capture, CaptureInput, JsonObject } from "@memslice/msl";
import { captureDifferences, derivedKeysOf, keysOf, verdictDifferences } from "../../../bench/src/samples/recorded-values.js";
import type { Check, Environment } from "./check.js";
import { refusalOf, requireEqual, requireNone, requireRefused } from "./require.js";

export const SAMPLES: readonly Check[] = [
  {
    name: "reads and verifies memslicer's captures (plain, zstd, LZ4)",
    run: (environment) => requireSamples(environment, "ms-"),
  },
  { name: "reads and verifies MemDiver's captures", run: (environment) => requireSamples(environment, "md-") },
  { name: "reads and verifies libmsl's captures (MSL 0.1)", run: (environment) => requireSamples(environment, "lm-") },
  {
    name: "reads damaged captures, and refuses captures that cannot be read",
    run: (environment) => requireSamples(environment, "x-"),
  },
  {
    name: "opens encrypted captures: passphrase (Argon2id), raw key, X25519, ML-KEM-768, ML-KEM-1024, hybrid",
    run: async ({ msl, bytes, expected }) => {
      for (const sample of SECRETS) {
        const keys = keysOf(await expected(sample));
        const capture = await msl.openCapture(await bytes(sample), { keys });
        requireNone(sample, verdictDifferences(await expected(sample), await capture.verify()));
        await capture.close();
      }
    },
  },
];

/** One sample for each kind of secret; other checks use the derived keys. */
const SECRETS = [
  "md-enc-aes-passphrase",
  "md-enc-xchacha-raw",
  "md-enc-x25519",
  "md-enc-mlkem768",
  "md-enc-mlkem1024",
  "md-enc-hybrid",
];

async function requireSamples(environment: Environment, prefix: string): Promise<void> {
  const names = environment.samples.filter((name) => name.startsWith(prefix));
  if (names.length < 6) throw new Error(`${names.length} samples ${prefix}* where more were expected`);
  for (const name of names) {
    const { features = [] } = await environment.expected(name);
    const bytes = await environment.bytes(name);
    if (features.includes("reject")) {
      const { name: kind } = await refusalOf(name, () => environment.msl.openCapture(bytes));
      requireEqual(name, kind, "MslError");
    } else if (features.includes("aead-fail")) {
      const keys = keysOf(await environment.expected(name));
      await requireRefused(name, "authentication-failed", () => environment.msl.openCapture(bytes, { keys }));
    } else {
      await requireRecorded(environment, name, bytes);
    }
  }
}

/** Opens a sample from any input, and throws unless its contents and its verdict equal the recorded values. */
export async function requireRecorded(environment: Environment, name: string, input: CaptureInput): Promise<void> {
  const { msl } = environment;
  const expected = await environment.expected(name);
  const capture = await msl.openCapture(input, { keys: () => derivedKeysOf(expected) });
  try {
    requireNone(name, captureDifferences(expected, msl.headerJson(capture.header), await blocksJson(environment, capture)));
    requireNone(name, verdictDifferences(expected, await capture.verify()));
  } finally {
    await capture.close();
  }
}

async function blocksJson({ msl }: Environment, capture: Capture): Promise<JsonObject[]> {
  const blocks: JsonObject[] = [];
  for (const block of capture.blocks) blocks.push(await msl.blockJson(block, { digests: true }));
  return blocks;
}
