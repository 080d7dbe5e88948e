/** The exports of scan.wasm, and nothing else. */
export { findDifferences } from "./differences";
export { countBytes, histogramAreaBytes } from "./histogram";
export { findSchedules } from "./aes";
export { addAnchor, chooseLead, markPairs, spreadChains } from "./anchor-table";
export { findAnchored } from "./anchors";
export { addKey, chooseKey } from "./gram-table";
export { findKeyed } from "./grams";
export { findMasked, findPlain } from "./pattern";
export { chooseProbes } from "./rarity";
export { tallyWindows } from "./tallies";
export { findText } from "./text";
export { writeEntry } from "./verify";
export { findWords } from "./words";
