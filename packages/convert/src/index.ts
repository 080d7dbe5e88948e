/** The public API of @memslice/convert, and nothing else. */
export { type DetectedFormat, detectFormat, FORMAT_HEAD_BYTES, type FormatName } from "./detect-format.js";
