/** Reads NAME.json next to NAME.msl, which may be in another vocabulary, and compares it with an open capture. */
import { readFileSync } from "node:fs";
import { blockJson, type Capture, encryptionJson, headerJson, type JsonObject } from "@memslice/msl";
import { differences, isObject } from "./differences.js";
import { captureDifferences, type RecordedValues } from "./recorded-values.js";

const HEXADECIMAL = /^(\s*[0-9a-f]{2})+\s*$/i;

/** undefined if the file does not exist or is in another vocabulary. Secrets in other notations are left out. */
export function recordedFor(capture: string): RecordedValues | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(capture.replace(/\.msl$/i, ".json"), "utf8"));
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { header, encryption, blocks, integrity, features, secrets } = json;
  if (!isObject(header) || !Array.isArray(blocks) || !blocks.every(isObject) || !isObject(integrity)) return undefined;
  const { verdict, wire } = integrity;
  if (typeof verdict !== "string" || !isObject(wire)) return undefined;
  return {
    header,
    blocks,
    integrity: { verdict, wire },
    encryption: isObject(encryption) ? encryption : null,
    features: Array.isArray(features) ? features.filter((feature) => typeof feature === "string") : [],
    secrets: isObject(secrets) ? usableSecrets(secrets) : null,
  };
}

/** Sentences about all differences between the recorded values and the capture, except for the verdict. */
export async function contentFaults(recorded: RecordedValues, capture: Capture): Promise<string[]> {
  const blocks: JsonObject[] = [];
  for (const block of capture.blocks) blocks.push(await blockJson(block, { digests: true }));
  return [
    ...differences(recorded.encryption, capture.encryption && encryptionJson(capture.encryption), "encryption"),
    ...captureDifferences(recorded, headerJson(capture.header), blocks),
  ];
}

function usableSecrets({ passphrase, rawKeyHex, kemPrivateKeyHex, derivedKeyHex }: Readonly<Record<string, unknown>>) {
  return {
    ...(typeof passphrase === "string" && { passphrase }),
    ...(isHexadecimal(rawKeyHex) && { rawKeyHex }),
    ...(isHexadecimal(kemPrivateKeyHex) && { kemPrivateKeyHex }),
    ...(isHexadecimal(derivedKeyHex) && { derivedKeyHex }),
  };
}

function isHexadecimal(text: unknown): text is string {
  return typeof text === "string" && HEXADECIMAL.test(text);
}
