import { KEY_CONFIDENCE, KEY_PROTOCOL, KEY_STATE, KEY_TYPE } from "../codes.js";
import { code, layout, lengthOf, text, u32, u64, uuid, zeros } from "../layout/fields.js";

/** Key Hint 0x0020: where in a region's page data key material was seen. `regionOffset` counts captured bytes only. */
export const KEY_HINT = layout("KeyHint", [
  uuid("regionUuid"),
  u64("regionOffset"),
  u32("keyLen"),
  code("keyType", KEY_TYPE),
  code("protocol", KEY_PROTOCOL),
  code("confidence", KEY_CONFIDENCE),
  code("keyState", KEY_STATE),
  zeros(2),
  lengthOf("note", 4),
  zeros(4),
  text("note"),
]);
