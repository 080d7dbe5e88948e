/** Blocks that are carried over as bytes: which may be, and what they say that later blocks depend on. */
import { MslError } from "../errors.js";
import { BlockType } from "../format/codes.js";
import { decodeLayout } from "../format/layout/decode.js";
import { KEY_HINT } from "../format/payloads/key-hint.js";
import { MODULE_LIST_INDEX } from "../format/payloads/module-list-index.js";
import { isSpecifiedType } from "./block-kinds.js";

/** Throws `usage` for types that `writeRaw` does not write, or only with `nonConforming`. */
export function requireRawType(type: number, nonConforming: boolean): void {
  if (type === BlockType.Invalid || type === BlockType.EndOfCapture) {
    throw new MslError("usage", `writeRaw does not write type 0x${type.toString(16).padStart(4, "0")}`);
  }
  if (nonConforming) return;
  const why = isSpecifiedType(type) ? "has a method of its own" : "has no payload that the specification defines";
  throw new MslError(
    "usage",
    `Block type 0x${type.toString(16).padStart(4, "0")} ${why}: writeRaw writes it with the option nonConforming only`,
  );
}

/** What a Module List Index announces, as far as it can be read. */
export function entriesOf(
  payload: Uint8Array,
): readonly { moduleUuid: string; baseAddr: bigint; moduleSize: bigint; path: string }[] {
  const { value, partial } = decodeLayout(MODULE_LIST_INDEX, payload, () => {});
  return (value ?? partial)?.entries ?? [];
}

/** The UUID of the region that a Key Hint names; empty if it cannot be read. */
export function hintedRegion(payload: Uint8Array): string {
  const { value, partial } = decodeLayout(KEY_HINT, payload, () => {});
  return (value ?? partial)?.regionUuid ?? "";
}
