/** The module's exports, and nothing else. */
export { blake3HashBatch } from "./blake3/batch";
export { blake3ContextBytes } from "./blake3/context";
export { blake3Final, blake3Init, blake3PushSubtree, blake3Update } from "./blake3/hasher";
export { blake3HashChunksFive, blake3HashChunksFour } from "./blake3/ratio";
export { blake3Hash, blake3Subtree } from "./blake3/tree";
export { walkBlocks } from "./blocks";
export { beginHashChain, clearHashChainBreaks, hashChainBytes, updateHashChain } from "./chain";
export { lz4BeginBlock, lz4ContinueBlock } from "./lz4/block";
export { lz4EncodeBlock, lz4EncodeBound, lz4EncodeWorkspaceSize } from "./lz4/encode";
export { lz4BeginFrame, lz4ContinueFrame, lz4MeasureFrame } from "./lz4/frame";
export { lz4WorkspaceSize } from "./lz4/workspace";
export { buildPageRank, capturedBefore, rankPage, rankPages } from "./pages/rank";
export { writePageRuns } from "./pages/runs";
export { tallyPageStates } from "./pages/tally";
export { zstdEncode, zstdEncodeBound, zstdEncodeWorkspaceSize } from "./zstd/encode/frame";
export { zstdBegin, zstdContinue, zstdMeasure, zstdPieceExcess } from "./zstd/stream";
export { zstdWorkspaceSize } from "./zstd/workspace";
