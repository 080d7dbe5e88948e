/** The exports of scan.wasm, and nothing else. */
export { findMasked, findPlain } from "./pattern";
