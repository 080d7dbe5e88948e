/** Holds what a reader printed of a sample against its recorded values. Plain values in, differences out: works in every runtime. */
import { differences } from "./differences.js";
import type { Expectation } from "./fixtures.js";

type JsonFields = Readonly<Record<string, unknown>>;

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
const PAYLOAD_FIELDS = ["compression", "payloadLength", "payloadBlake3", "payload"];

/** `header` as `headerJson` and `blocks` as `blockJson` with digests print them, all blocks in file order. */
export function captureDifferences(expected: Expectation, header: JsonFields, blocks: readonly JsonFields[]): string[] {
  const found = differences(expected.header, header, "header");
  if (blocks.length !== expected.blocks.length) found.push(`expected ${expected.blocks.length} blocks, got ${blocks.length}`);
  for (const block of expected.blocks) {
    const index = Number(block["index"]);
    const json = blocks[index] ?? {};
    const path = `blocks[${index}]`;
    found.push(...differences(pick(block, HEADER_FIELDS), json, path));
    if (block["truncated"] || block["invalidPayload"] || block["skipPayload"]) {
      if (json["problem"] === undefined) found.push(`${path}: expected a problem`);
      if (!block["truncated"] && json["payload"] !== undefined) found.push(`${path}: expected no payload`);
    } else {
      found.push(...differences(pick(block, PAYLOAD_FIELDS), json, path));
    }
  }
  return found;
}

/** What is compared of a report, whichever build of the library made it. */
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

export function verdictDifferences(expected: Expectation, report: Report): string[] {
  const { wire, verdict } = expected.integrity;
  const found = {
    anchor: report.anchor,
    chainBreaks: [...report.breaks.indexes()],
    fileHash: report.fileHash.status,
    eocIndex: report.eocIndex,
    blocks: report.blocks,
    trailingBytes: report.trailingBytes,
    truncatedBlock: report.truncatedBlock,
  };
  const differing = differences(pick(wire, Object.keys(found)), found, "integrity");
  return report.verdict === verdict ? differing : [`verdict: expected ${verdict}, got ${report.verdict}`, ...differing];
}

function pick(object: JsonFields, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));
}
