/**
 * The recorded values of a sample (NAME.json next to NAME.msl, in the vocabulary of fixtures/README.md), and their differences from a
 * reader's result. Takes plain values and returns sentences; uses nothing of Node, since the checks of all runtimes use it.
 */
import type { KeyMaterial } from "@memslice/msl";
import { differences } from "./differences.js";

type JsonFields = Readonly<Record<string, unknown>>;

export interface RecordedValues {
  /**
   * `reject`: every reader must refuse the capture. `aead-fail`: no key opens the capture, since its tag does not match. Other features
   * are only informative.
   */
  readonly features?: readonly string[];
  readonly secrets?: Readonly<Partial<Record<"passphrase" | "rawKeyHex" | "kemPrivateKeyHex" | "derivedKeyHex", string>>> | null;
  readonly encryption?: JsonFields | null;
  readonly header: JsonFields;
  readonly blocks: readonly JsonFields[];
  readonly integrity: { readonly verdict: string; readonly wire: JsonFields };
}

/** The recorded part of a `VerifyReport`, which may come from any build of the library. */
interface Report {
  readonly verdict: string;
  readonly anchor: unknown;
  readonly breaks: { indexes(): Iterable<number> };
  readonly fileHash: { readonly status: string };
  readonly eocIndex: number | null;
  readonly blocks: number;
  readonly trailingBytes: number;
  readonly truncatedBlock: number | null;
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

/** Takes the results of `headerJson` and, for all blocks in file order, of `blockJson` with digests. */
export function captureDifferences(recorded: RecordedValues, header: JsonFields, blocks: readonly JsonFields[]): string[] {
  const found = differences(recorded.header, header, "header");
  if (blocks.length !== recorded.blocks.length) {
    return [...found, `there are ${blocks.length} blocks, recorded are ${recorded.blocks.length}`];
  }
  for (const [index, block] of recorded.blocks.entries()) {
    const json = blocks[index] ?? {};
    const path = `blocks[${index}]`;
    found.push(...differences(picked(block, HEADER_FIELDS), json, path));
    if (!hasNoPayload(block)) found.push(...differences(picked(block, CONTENT_FIELDS), json, path));
    else if (json["problem"] === undefined) found.push(`${path} has no problem, recorded is that it cannot be decoded`);
    else if (!block["truncated"] && json["payload"] !== undefined) found.push(`${path} has a payload beside its problem`);
  }
  return found;
}

export function verdictDifferences({ integrity: { verdict, wire } }: RecordedValues, report: Report): string[] {
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

/** The secret with which the sample's writer encrypted it; empty for a plain capture. */
export function keysOf({ secrets }: RecordedValues): KeyMaterial {
  const { passphrase, rawKeyHex, kemPrivateKeyHex } = secrets ?? {};
  if (passphrase !== undefined) return { passphrase };
  if (rawKeyHex !== undefined) return { key: hexBytes(rawKeyHex) };
  return kemPrivateKeyHex === undefined ? {} : { privateKey: hexBytes(kemPrivateKeyHex) };
}

/** The AEAD key itself, with which opening takes no time for Argon2id; empty if it is not recorded. */
export function derivedKeysOf({ secrets }: RecordedValues): KeyMaterial {
  return secrets?.derivedKeyHex === undefined ? {} : { key: hexBytes(secrets.derivedKeyHex) };
}

/** Converts pairs of hexadecimal digits, with optional white space between them, to bytes. */
export function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hasNoPayload(block: JsonFields): boolean {
  return [block["truncated"], block["invalidPayload"], block["skipPayload"]].some(Boolean);
}

function picked(object: JsonFields, names: readonly string[]): JsonFields {
  return Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));
}
