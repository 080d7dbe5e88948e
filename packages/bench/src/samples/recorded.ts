/** Recorded values: NAME.json beside NAME.msl, in the vocabulary of fixtures/README.md. */
import { readFileSync } from "node:fs";
import { blockJson, type Capture, encryptionJson, headerJson, type VerifyReport } from "@memslice/msl";
import { differences, isObject } from "./differences.js";
import { type RecordedKeys, recordedKeys } from "./recorded-keys.js";

type JsonObject = Readonly<Record<string, unknown>>;

export interface Recorded {
  readonly header: JsonObject;
  readonly encryption: unknown;
  readonly blocks: readonly JsonObject[];
  readonly verdict: string;
  readonly wire: JsonObject;
  /** No reader may go on with the capture. */
  readonly rejected: boolean;
  /** No key opens the capture: its tag does not hold. */
  readonly unauthentic: boolean;
  readonly keys: RecordedKeys | undefined;
}

const HEADER_FIELDS = [
  "index",
  "offset",
  "type",
  "flags",
  "length",
  "payloadVersion",
  "uuid",
  "parentUuid",
  "prevHash",
  "afterEoc",
];
const CONTENT_FIELDS = ["compression", "payloadLength", "payloadBlake3", "payload"];

/** undefined where there is no such file, or it is in another vocabulary. */
export function recordedFor(capture: string): Recorded | undefined {
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
  const has = (feature: string) => Array.isArray(features) && features.includes(feature);
  const refusals = { rejected: has("reject"), unauthentic: has("aead-fail") };
  return { header, encryption, blocks, verdict, wire, ...refusals, keys: recordedKeys(secrets) };
}

/** Sentences about values that are not as recorded. */
export async function contentFaults(recorded: Recorded, capture: Capture): Promise<string[]> {
  const faults = [
    ...differences(recorded.header, headerJson(capture.header), "header"),
    ...differences(recorded.encryption, capture.encryption && encryptionJson(capture.encryption), "encryption"),
  ];
  if (capture.blocks.length !== recorded.blocks.length) {
    return [...faults, `there are ${capture.blocks.length} blocks, recorded are ${recorded.blocks.length}`];
  }
  for (const [index, block] of recorded.blocks.entries()) {
    const json = await blockJson(capture.blocks.at(index), { digests: true });
    const path = `blocks[${index}]`;
    faults.push(...differences(picked(block, HEADER_FIELDS), json, path));
    if (!hasNoPayload(block)) faults.push(...differences(picked(block, CONTENT_FIELDS), json, path));
    else if (json["problem"] === undefined) faults.push(`${path} has no problem, recorded is that it cannot be decoded`);
    else if (!block["truncated"] && json["payload"] !== undefined) faults.push(`${path} has a payload beside its problem`);
  }
  return faults;
}

export function verdictFaults({ verdict, wire }: Recorded, report: VerifyReport): string[] {
  const found = {
    anchor: report.anchor,
    chainBreaks: [...report.breaks.indexes()],
    fileHash: report.fileHash.status,
    eocIndex: report.eocIndex,
    blocks: report.blocks,
    trailingBytes: report.trailingBytes,
    truncatedBlock: report.truncatedBlock,
  };
  return [
    ...differences(verdict, report.verdict, "verdict"),
    ...differences(picked(wire, Object.keys(found)), found, "integrity"),
  ];
}

function hasNoPayload(block: JsonObject): boolean {
  return [block["truncated"], block["invalidPayload"], block["skipPayload"]].some(Boolean);
}

function picked(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));
}
