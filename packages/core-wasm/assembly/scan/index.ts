/** The exports of scan.wasm, and nothing else. */
export { findDifferences } from "./differences";
export { countBytes, histogramAreaBytes } from "./histogram";
export { findSchedules } from "./aes";
export { findAnchored, findKeyed } from "./many";
export { addAnchor, addKey, chooseKey, chooseLead, markPairs, spreadChains } from "./many-table";
export { findMasked, findPlain } from "./pattern";
export { chooseProbes } from "./rarity";
export { findText } from "./text";
export { writeEntry } from "./verify";
export { findWords } from "./words";
