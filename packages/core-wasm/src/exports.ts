/** What core.wasm exports. Addresses and lengths are unsigned 32-bit; the facades are the only callers. */
export interface CoreExports {
  /** Bytes of a BLAKE3 context area. */
  blake3ContextBytes(): number;
  /** Digest of one message in memory. */
  blake3Hash(context: number, message: number, length: number, output: number): void;
  blake3Init(context: number): void;
  blake3Update(context: number, bytes: number, length: number): void;
  /** Digest of the message so far, which may go on. 0: the message is a lone pushed subtree and has no digest. */
  blake3Final(context: number, output: number): number;
  /** Chaining value of an aligned subtree of a power of two of whole chunks; the number of its first chunk is split into 32-bit halves. */
  blake3Subtree(
    context: number,
    bytes: number,
    chunks: number,
    firstChunkLow: number,
    firstChunkHigh: number,
    output: number,
  ): void;
  /** Continues the message with a subtree by its chaining value. 0: not a power of two, or not aligned; nothing changed. */
  blake3PushSubtree(context: number, chainingValue: number, chunks: number): number;
  /** Digests of `count` messages; per message the u32 values address, length, address of the digest, 0. */
  blake3HashBatch(context: number, descriptors: number, count: number): void;
  /** Chaining values of a multiple of four chunks by the kernel for four, of five by the kernel for five: for a check of their ratio. */
  blake3HashChunksFour(context: number, bytes: number, chunks: number, output: number): void;
  blake3HashChunksFive(context: number, bytes: number, chunks: number, output: number): void;
  /** Bytes of a hash chain area. */
  hashChainBytes(): number;
  beginHashChain(chain: number, header: number, length: number): void;
  /** Bytes taken; fewer than given when the break table is full or the chain has ended. */
  updateHashChain(chain: number, bytes: number, length: number): number;
  clearHashChainBreaks(chain: number): void;
  /** Bytes of what the threads that hash one file share, of what one of them works with, and of what a slab leaves for the merge. */
  slabRelayBytes(): number;
  slabAreaBytes(): number;
  slabSlotBytes(): number;
  beginSlabs(relay: number, header: number, variant: number, length: number): void;
  walkSlab(area: number, relay: number, bytes: number, start: number, size: number, slabBytes: number): void;
  /** Not 0: the table of broken links may be full; read it and call again. */
  hashSlab(area: number, slot: number): number;
  /** 0 done, 1 a broken link was written, 2 the subtrees do not fit together. */
  mergeSlab(relay: number, slot: number, breakRecord: number): number;
  /** Writes FileHash under the header and under its variant. 0: the subtrees are no whole message. */
  finishSlabs(relay: number, fileHash: number, variantFileHash: number): number;
  walkBlocks(
    window: number,
    windowLength: number,
    windowOffset: number,
    firstHeader: number,
    records: number,
    capacity: number,
    bigEndian: number,
    result: number,
  ): void;
  tallyPageStates(map: number, pages: number, output: number): void;
  writePageRuns(
    map: number,
    pages: number,
    firstPage: number,
    reservedAs: number,
    cursor: number,
    output: number,
    capacity: number,
  ): number;
  buildPageRank(map: number, pages: number, ranks: number): number;
  capturedBefore(map: number, pages: number, ranks: number, page: number): number;
  rankPage(map: number, pages: number, ranks: number, page: number): number;
  rankPages(map: number, pages: number, ranks: number, queries: number, count: number, output: number): number;
  /**
   * Decoders: measure and continue return a status (the order is that of `DECODE_FAILURES`, then one for "paused") and leave a report in
   * their workspace. `begin` names an area for the latest output, `continue` appends a piece of about `wanted` bytes to it.
   */
  lz4WorkspaceSize(): number;
  lz4BeginBlock(source: number, length: number, area: number, areaSize: number, expected: number, workspace: number): void;
  lz4ContinueBlock(workspace: number, wanted: number): number;
  lz4MeasureFrame(source: number, length: number, workspace: number): number;
  lz4BeginFrame(
    source: number,
    length: number,
    area: number,
    areaSize: number,
    limit: number,
    exact: number,
    workspace: number,
  ): void;
  lz4ContinueFrame(workspace: number, wanted: number): number;
  zstdWorkspaceSize(): number;
  /** By how many bytes a piece may be longer than what was wanted. */
  zstdPieceExcess(): number;
  zstdMeasure(source: number, length: number, several: number, windowLimit: number, workspace: number): number;
  zstdBegin(
    source: number,
    length: number,
    area: number,
    areaSize: number,
    limit: number,
    exact: number,
    windowLimit: number,
    workspace: number,
  ): void;
  zstdContinue(workspace: number, wanted: number): number;
  /** Encoders return the length of what they wrote, `...EncodeBound(length)` bytes at most. `level`: 0 fast, 1 default. */
  lz4EncodeBound(length: number): number;
  lz4EncodeWorkspaceSize(length: number): number;
  lz4EncodeBlock(source: number, length: number, destination: number, workspace: number): number;
  zstdEncodeBound(length: number): number;
  zstdEncodeWorkspaceSize(length: number, level: number): number;
  zstdEncode(source: number, length: number, destination: number, level: number, workspace: number): number;
}
