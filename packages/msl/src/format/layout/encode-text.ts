/** Text on its way into a field (specification, strings): well-formed UTF-8 without NUL inside. */
import type { EncodePath } from "./encode-path.js";

const utf8 = new TextEncoder();
// A surrogate without its partner; TextEncoder would replace it without a word.
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The text's UTF-8. Throws `bad-value` for what is no text, a lone surrogate, or a NUL. */
export function textBytes(value: unknown, path: EncodePath): Uint8Array {
  if (value === undefined) return new Uint8Array(0);
  if (typeof value !== "string") throw path.refuse(value, "text");
  const surrogate = LONE_SURROGATE.exec(value);
  if (surrogate) throw path.fault(`has a lone surrogate at character ${surrogate.index}: it has no UTF-8 form`);
  const nul = value.indexOf("\0");
  if (nul >= 0) throw path.fault(`has a NUL at character ${nul}: text ends at a NUL`);
  return utf8.encode(value);
}

/** The bytes that a length field counts: none for empty text, else the text and one NUL. */
export function terminatedBytes(value: unknown, path: EncodePath): Uint8Array {
  const text = textBytes(value, path);
  if (text.length === 0) return text;
  const terminated = new Uint8Array(text.length + 1);
  terminated.set(text);
  return terminated;
}
