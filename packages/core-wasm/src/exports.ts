/**
 * The exports of core.wasm. Addresses and lengths are unsigned 32-bit integers. `1` and `0` stand for true and false. The kernels document their
 * parameters; the facades are their only callers.
 */
export interface CoreExports {
  /** Bytes of a BLAKE3 context area. */
  blake3ContextBytes(): number;
  /** Digest of one message in memory. */
  blake3Hash(context: number, message: number, length: number, output: number): void;
  blake3Init(context: number): void;
  blake3Update(context: number, bytes: number, length: number): void;
  /** Digest of the message so far, which may be continued. 0: the message is a single pushed subtree, and there is no digest. */
  blake3Final(context: number, output: number): number;
  /**
   * Chaining value of an aligned subtree: its number of whole chunks is a power of two. The number of its first chunk comes in 32-bit
   * halves.
   */
  blake3Subtree(
    context: number,
    bytes: number,
    chunks: number,
    firstChunkLow: number,
    firstChunkHigh: number,
    output: number,
  ): void;
  /**
   * Continues the message with a subtree, given by its chaining value. 0: its size is no power of two, or it is not aligned; nothing has
   * changed.
   */
  blake3PushSubtree(context: number, chainingValue: number, chunks: number): number;
  /** Digests of `count` messages, each described by DESCRIPTOR_* (layout.ts). */
  blake3HashBatch(context: number, descriptors: number, count: number): void;
  /** Chaining values by the kernels for four and for five chunks, for benchmarks that compare their speed. */
  blake3HashChunksFour(context: number, bytes: number, chunks: number, output: number): void;
  blake3HashChunksFive(context: number, bytes: number, chunks: number, output: number): void;
  /** Bytes of a hash chain area. */
  hashChainBytes(): number;
  beginHashChain(chain: number, header: number, length: number): void;
  /** The number of bytes taken: fewer than given when the break table is full or the chain has ended. */
  updateHashChain(chain: number, bytes: number, length: number): number;
  clearHashChainBreaks(chain: number): void;
  /** Bytes of the relay, of the area of one thread, and of a slot (assembly/slabs). */
  slabRelayBytes(): number;
  slabAreaBytes(): number;
  slabSlotBytes(): number;
  beginSlabs(relay: number, header: number, variant: number, length: number): void;
  walkSlab(area: number, relay: number, bytes: number, start: number, size: number, slabBytes: number): void;
  /** 1: the break table may be full; the caller reads it and calls again. */
  hashSlab(area: number, slot: number): number;
  /** MERGED, MERGED_BREAK or MERGED_MISFIT (layout.ts). */
  mergeSlab(relay: number, slot: number, breakRecord: number): number;
  /** Writes FileHash with the header and with its variant. 0: the subtrees are no whole message. */
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
   * Decoders: `Measure` and `Continue` return a `Status` (assembly/codec/report.ts) and leave a report in the workspace. `Begin` names the output
   * area, `Continue` appends a piece of about `wanted` bytes to it.
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
  /** The most bytes by which a piece may be longer than wanted. */
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
  /** In place of the first `zstdContinue`: appends the first `wanted` bytes and up to 4 KiB more, and stops inside a block. */
  zstdStart(workspace: number, wanted: number): number;
}
