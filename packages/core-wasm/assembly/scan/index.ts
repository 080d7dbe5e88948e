/** The exports of scan.wasm, and nothing else. */
export { findDifferences } from "./differences";
export { countBytes, histogramAreaBytes } from "./histogram";
export { findSchedules } from "./aes";
export { addBlock, findMany } from "./many";
export { findMasked, findPlain } from "./pattern";
export { findText } from "./text";
export { findWords } from "./words";
