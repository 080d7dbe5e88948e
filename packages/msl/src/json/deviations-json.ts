import type { Deviation } from "../deviations/deviation.js";
import { hexText } from "../format/layout/uuid-text.js";
import type { JsonObject } from "./layout-json.js";
import { shownAs } from "./shown.js";

/** `{ deviations: [...] }` of one block, or nothing where there are none. */
export function deviationsJson(deviations: readonly Deviation[]): JsonObject {
  if (deviations.length === 0) return {};
  return { deviations: deviations.map(({ block: _, ...deviation }) => deviationJson(deviation)) };
}

/** One deviation; `bytes` in hexadecimal. */
function deviationJson({ id, message, offset, block, field, bytes }: Deviation): JsonObject {
  return {
    id,
    message,
    offset,
    ...(block === undefined ? {} : { block }),
    ...(field === undefined ? {} : { field }),
    ...(bytes === undefined ? {} : { bytes: hexText(bytes) }),
  };
}

/** The byte arrays of a deviation are what JSON and console.log would not show. */
export const shownDeviation = shownAs("Deviation", deviationJson);
