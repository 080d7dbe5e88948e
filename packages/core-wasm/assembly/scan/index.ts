/** The exports of scan.wasm, and nothing else. */
export { addBlock, findMany } from "./many";
export { findMasked, findPlain } from "./pattern";
