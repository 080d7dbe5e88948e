/** Variable bytes of a payload: reserved ones, padded ones, and ones in a place of fixed size. */
import { isZero } from "../../bytes.js";
import type { Report } from "../../deviations/deviation.js";
import type { Cursor } from "./cursor.js";

/** Passes over reserved bytes; what is not zero is reported and ignored. */
export function skipReserved(size: number, cursor: Cursor, report: Report): void {
  const at = cursor.at;
  if (isZero(cursor.take(size, "reserved"))) return;
  report({
    id: "PAY-RESERVED",
    message: `${size} reserved bytes at payload offset ${at} are not zero`,
    offset: at,
    field: "reserved",
  });
}

/** `length` bytes and, if padded, the zeros up to the next multiple of 8. Padding cut off by the payload's end is tolerated. */
export function takeStored(name: string, length: number, padded: boolean, cursor: Cursor, report: Report): Uint8Array {
  const stored = cursor.take(length, name);
  if (!padded) return stored;
  const at = cursor.at;
  const wanted = (8 - (length % 8)) % 8;
  const padding = cursor.take(Math.min(wanted, cursor.remaining), name);
  if (padding.length < wanted) reportPadding(name, at, `is cut to ${padding.length} of ${wanted} bytes`, report);
  else if (!isZero(padding)) reportPadding(name, at, "is not zero", report);
  return stored;
}

/** The first `length` bytes of a place of `size` bytes. A length beyond the place is reported, and the whole place taken. */
export function takeSlot(name: string, length: number, size: number, cursor: Cursor, report: Report): Uint8Array {
  const at = cursor.at;
  const place = cursor.take(size, name);
  if (length > size) {
    report({
      id: "STR-OVERRUN",
      message: `${name} at payload offset ${at} has ${length} bytes in a place of ${size}`,
      offset: at,
      field: name,
    });
  } else if (!isZero(place.subarray(length))) {
    reportPadding(name, at + length, "is not zero", report);
  }
  return place.subarray(0, length);
}

function reportPadding(name: string, at: number, what: string, report: Report): void {
  report({ id: "STR-PAD", message: `The padding after ${name} at payload offset ${at} ${what}`, offset: at, field: name });
}
