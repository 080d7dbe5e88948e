/** Which table decodes which block type. A type without a table comes as raw bytes. */
import { BlockType } from "../codes.js";
import type { Decoded, Layout } from "../layout/fields.js";
import { END_OF_CAPTURE } from "./end-of-capture.js";
import { MODULE_ENTRY } from "./module-entry.js";
import { MODULE_LIST_INDEX } from "./module-list-index.js";
import { PROCESS_IDENTITY } from "./process-identity.js";

const PAYLOAD_LAYOUTS = {
  [BlockType.ProcessIdentity]: PROCESS_IDENTITY,
  [BlockType.ModuleListIndex]: MODULE_LIST_INDEX,
  [BlockType.ModuleEntry]: MODULE_ENTRY,
  [BlockType.EndOfCapture]: END_OF_CAPTURE,
} as const;

type PayloadLayout = (typeof PAYLOAD_LAYOUTS)[keyof typeof PAYLOAD_LAYOUTS];
type PayloadOf<L> = L extends Layout ? { readonly kind: L["name"] } & Readonly<Decoded<L>> : never;

/** A payload decoded by its table: the table's name as `kind`, and its fields. */
export type TablePayload = PayloadOf<PayloadLayout>;

export function payloadLayout(type: number): PayloadLayout | undefined {
  const layouts: Readonly<Record<number, PayloadLayout>> = PAYLOAD_LAYOUTS;
  return layouts[type];
}
