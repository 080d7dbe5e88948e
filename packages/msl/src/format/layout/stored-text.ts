/** Text fields (specification, strings): the length field alone says where they end; NUL, padding and UTF-8 are checked, not trusted. */

import { isZero, ownBytes } from "../../bytes.js";
import type { Report } from "../../deviations/deviation.js";
import type { Cursor } from "./cursor.js";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The value of a text field: bytes up to the first NUL inside `stored`; ill-formed UTF-8 becomes U+FFFD and is reported with its bytes. */
export function storedText(stored: Uint8Array, terminated: boolean, at: number, field: string, report: Report): string {
  if (stored.length === 0) return "";
  const nul = stored.indexOf(0);
  if (terminated) reportNul(stored, nul, at, field, report);
  return utf8(nul < 0 ? stored : stored.subarray(0, nul), at, field, report);
}

/** u16 byte count and text; memslicer counts no NUL, MemDiver counts one. */
export function tightTextValue(cursor: Cursor, field: string, report: Report): string {
  const length = cursor.uint(2, field);
  const at = cursor.at;
  const stored = cursor.take(length, field);
  const text = stored.at(-1) === 0 ? stored.subarray(0, -1) : stored;
  const nul = text.indexOf(0);
  if (nul >= 0)
    report({ id: "STR-NUL", message: `${field} of ${length} bytes has a NUL at byte ${nul}, before its end`, offset: at, field });
  return utf8(nul < 0 ? text : text.subarray(0, nul), at, field, report);
}

function reportNul(stored: Uint8Array, nul: number, at: number, field: string, report: Report): void {
  const length = stored.length;
  if (nul === length - 1) return;
  if (nul < 0) {
    report({ id: "STR-NUL", message: `${field} has no NUL in its ${length} bytes`, offset: at, field });
  } else if (length % 8 === 0 && isZero(stored.subarray(nul))) {
    report({ id: "STR-PADDEDLEN", message: `The length of ${field}, ${length}, counts its padding`, offset: at, field });
  } else {
    report({ id: "STR-NUL", message: `${field} of ${length} bytes has a NUL at byte ${nul}, before its end`, offset: at, field });
  }
}

function utf8(bytes: Uint8Array, at: number, field: string, report: Report): string {
  // Browsers refuse to decode views of shared memory. On pages that are not isolated they have it and do not name its class.
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : ownBytes(bytes);
  try {
    return strictUtf8.decode(own);
  } catch {
    report({ id: "STR-UTF8", message: `${field} is not well-formed UTF-8`, offset: at, field, bytes: own });
    return lenientUtf8.decode(own);
  }
}
