/** The table of `msl keys`: Key Hints. */
import type { HintedKey } from "@memslice/analysis";
import { BlockType, type Capture, type KeyHint } from "@memslice/msl";
import { placeText } from "../documents/place-text.js";
import { hexText } from "../terminal/hex-text.js";
import { inTurns } from "../turns.js";
import { missingContent, NAMED_MOST } from "./block-payloads.js";
import type { Table, TableContent } from "./column.js";

/** A key, and the place it lies in. */
export interface HintRow extends HintedKey {
  readonly place: string;
}

export const HINTS: Table<HintRow> = {
  name: "keys",
  list: "hints",
  about:
    "The document of `msl keys --json`. Without --find: the Key Hints. `keyLen` is the length that the hint states (0: unknown), `length` how many of these bytes are in the capture; `address` is absent if the hint points outside of its region; a hint that can be read in two ways has a row for each, with its `reading` of RegionOffset: as an offset in the captured bytes (`page data`) or in the addresses of the region (`region`). `fingerprint` is absent without a byte. `secret` has the bytes in hexadecimal, with --show-secrets only; without it, keys in `note` are hidden.",
  columns: [
    { name: "block", type: "count", value: ({ block }) => block, shown: "never" },
    { name: "address", type: "address", optional: true, value: ({ address }) => address },
    { name: "kind", type: "text", whole: true, value: ({ hint }) => hint.keyTypeName },
    { name: "protocol", type: "text", whole: true, value: ({ hint }) => hint.protocolName },
    { name: "keyLen", type: "count", value: ({ hint }) => hint.keyLen, shown: "never" },
    { name: "length", type: "count", value: ({ length }) => length, shown: { text: lengthText } },
    { name: "confidence", type: "text", whole: true, value: ({ hint }) => hint.confidenceName },
    {
      name: "reading",
      type: "text",
      optional: true,
      whole: true,
      value: ({ ambiguous, reading }) => (ambiguous ? reading : undefined),
      shown: "ifAny",
    },
    { name: "state", type: "text", value: ({ hint }) => hint.keyStateName, shown: "never" },
    { name: "fingerprint", type: "text", optional: true, whole: true, value: ({ fingerprint }) => fingerprint },
    { name: "place", type: "text", value: ({ place }) => place, shown: "never" },
    {
      name: "secret",
      type: "text",
      optional: true,
      whole: true,
      value: ({ secret }) => secret && hexText(secret),
      shown: "ifAny",
    },
    { name: "note", type: "text", value: ({ hint }) => hint.note, shown: "ifAny" },
  ],
};

/** The bytes that the capture has, and those that the hint states if these are not as many. */
function lengthText({ length, hint }: HintRow): string {
  return length === hint.keyLen ? String(length) : `${length}/${hint.keyLen === 0 ? "?" : hint.keyLen}`;
}

/** The Key Hints in file order; with `showSecrets`, with the bytes of keys. */
export async function hintRows(capture: Capture, signal: AbortSignal, showSecrets: boolean): Promise<TableContent<HintRow>> {
  const { hintedKeys, Places } = await import("@memslice/analysis");
  const hints = await capture.keyHints(signal);
  const places = Places.of(capture, signal);
  const rows: HintRow[] = [];
  for (const key of hintedKeys(hints, { showSecrets })) {
    const [place] = key.address === undefined ? [] : await places.at([key.address]);
    rows.push({ ...key, place: place ? placeText(place) : "-" });
  }
  return { rows, problems: await unreadableHints(capture, hints, signal) };
}

/** Sentences about Key Hints that cannot be read. */
export async function unreadableHints(capture: Capture, hints: readonly KeyHint[], signal: AbortSignal): Promise<string[]> {
  const read = new Set(hints.map(({ block }) => block.index));
  const problems = missingContent(capture, "CryptoHints");
  let others = 0;
  for await (const { index, afterEoc } of inTurns(capture.blocks.ofType(BlockType.KeyHint), signal)) {
    if (afterEoc || read.has(index)) continue;
    if (others++ < NAMED_MOST) problems.push(`Key Hint in block ${index} cannot be read`);
  }
  if (others > NAMED_MOST) problems.push(`Further Key Hints that cannot be read: ${others - NAMED_MOST}`);
  return problems;
}
