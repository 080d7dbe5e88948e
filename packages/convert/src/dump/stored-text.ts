/** Texts of dumps, as captures can store them. */
import type { DumpNotes } from "./dump-notes.js";

/** Bytes of the longest text in a capture, without its terminating NUL (specification, padded strings). */
const TEXT_MOST = 65_534;

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text up to the first NUL. Bytes that are no UTF-8 become U+FFFD, and a text that no field can hold is cut: `notes` says so. `what`: `the path of a module`. */
export function storedText(bytes: Uint8Array, what: string, notes: DumpNotes): string {
  const nul = bytes.indexOf(0);
  const stated = nul < 0 ? bytes : bytes.subarray(0, nul);
  const text = lenient.decode(stated.subarray(0, TEXT_MOST));
  if (stated.length > TEXT_MOST) notes.lose(`${what} has ${stated.length} bytes and was cut`);
  const kept = fitting(text);
  // A cut inside a character leaves U+FFFD at the end, which is told as the cut.
  if (stated.length <= TEXT_MOST && kept.includes("\ufffd"))
    notes.lose(`${what} is no UTF-8: its other bytes are shown as U+FFFD`);
  return kept;
}

/** U+FFFD takes three bytes in place of one: the text may have become too long. */
function fitting(text: string): string {
  const encoder = new TextEncoder();
  let kept = text;
  for (let length = encoder.encode(kept).length; length > TEXT_MOST; length = encoder.encode(kept).length) {
    kept = kept.slice(0, Math.max(0, kept.length - Math.ceil((length - TEXT_MOST) / 3)));
  }
  return kept;
}
