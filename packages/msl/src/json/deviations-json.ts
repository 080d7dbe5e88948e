import { hexText } from "../format/layout/uuid-text.js";
import type { Deviation } from "../lint/deviation.js";
import type { JsonObject } from "./layout-json.js";

/** `{ deviations: [...] }`, or nothing where there are none. */
export function deviationsJson(deviations: readonly Deviation[]): JsonObject {
  if (deviations.length === 0) return {};
  return {
    deviations: deviations.map(({ id, message, offset, field, bytes }) => ({
      id,
      message,
      offset,
      ...(field === undefined ? {} : { field }),
      ...(bytes === undefined ? {} : { bytes: hexText(bytes) }),
    })),
  };
}
