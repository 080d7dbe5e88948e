/** Whether bytes have the form that a layout would give them, for types with several layouts that no field names. */
import { isZero } from "../../bytes.js";
import type { LintId } from "../../deviations/catalogue.js";
import { runAtOnce, type SlicedWork } from "../../sliced-work.js";
import { decodeLayoutWork, type LayoutRules } from "./decode.js";
import type { Decoded, Layout } from "./fields.js";

/** Deviations that say nothing about the layout: ill-formed text, and MemDiver's tail of a System Context. */
const NEUTRAL: ReadonlySet<LintId> = new Set<LintId>(["STR-UTF8", "SYS-TAIL"]);

/** Most zeros that a writer adds behind a payload to fill it up to a multiple of 8 bytes. */
export const PADDING_MOST = 7;

/** Whether the bytes behind a payload can be such zeros; true for none. */
export function isPadding(rest: Uint8Array): boolean {
  return rest.length <= PADDING_MOST && isZero(rest);
}

/** The decoded value if every text, its NUL and padding, and every reserved byte is as the layout wants it, and nothing but padding is left. */
export function fittingValue<L extends Layout>(table: L, bytes: Uint8Array, rules?: LayoutRules): Decoded<L> | undefined {
  return runAtOnce(fittingValueWork(table, bytes, rules));
}

/** The same in slices. */
export function* fittingValueWork<L extends Layout>(
  table: L,
  bytes: Uint8Array,
  rules?: LayoutRules,
): SlicedWork<Decoded<L> | undefined> {
  let fits = true;
  const decoded = yield* decodeLayoutWork(table, bytes, ({ id }) => (fits &&= NEUTRAL.has(id)), rules);
  const { value, size } = { size: 0, ...decoded };
  const rest = bytes.subarray(size);
  return fits && isPadding(rest) ? value : undefined;
}
