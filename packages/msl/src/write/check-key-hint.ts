/** Key Hints against the region that they name: the range must lie in its page data, and the note tells the address where that is not plain. */
import { MslError } from "../errors.js";
import { capturedPage } from "../format/page-states.js";
import type { KindInput } from "./block-kinds.js";
import type { HintTarget } from "./references.js";

type HintInput = KindInput<"KeyHint">;
type HintPages = NonNullable<HintTarget["pages"]>;

/** Throws `bad-value` for a range that passes the region's page data. */
export function requireInPageData({ regionOffset, keyLen }: HintInput, pages: HintPages): void {
  const held =
    BigInt(pages.map.capturedBefore(pages.first + pages.count) - pages.map.capturedBefore(pages.first)) * BigInt(pages.size);
  if (regionOffset < held && BigInt(keyLen) <= held - regionOffset) return;
  throw new MslError(
    "bad-value",
    `KeyHint.regionOffset ${regionOffset} and keyLen ${keyLen} pass the ${held} bytes of page data of the region`,
  );
}

/**
 * The hint with the key's address in its note if pages before the key were not captured: readers that count them too would look at
 * another place.
 */
export function withAddress(hint: HintInput, pages: HintPages): HintInput {
  const address = addressBehindHoles(hint, pages);
  if (address === undefined || hint.note?.toLowerCase().includes(address)) return hint;
  return { ...hint, note: hint.note ? `${hint.note}; address ${address}` : `address ${address}` };
}

function addressBehindHoles({ regionOffset }: HintInput, { map, first, size, base }: HintPages): string | undefined {
  const rank = Number(regionOffset / BigInt(size));
  const page = capturedPage(map, map.capturedBefore(first) + rank);
  if (page === undefined || page - first === rank) return undefined;
  return `0x${(base + BigInt(page - first) * BigInt(size) + (regionOffset % BigInt(size))).toString(16)}`;
}
