/** Verification by several threads over one shared memory (docs/decisions/0010-threads.md): the same report as by one thread. */
import { blake3, type ChainResult, SlabChain, type SlabChainOptions, type SlabChainResult } from "@memslice/core-wasm";
import { lendableFile } from "#file-source";
import { pause } from "#pause";
import { MslError } from "../errors.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import type { FileHeader } from "../format/file-header.js";
import { HashAlgo, hash } from "../hash/hash-algorithm.js";
import { WalkWindow } from "../read/walk-window.js";
import { untilAborted } from "../source/cancellable-work.js";
import { type ProgressMeter, WindowReader } from "../source/read-ahead.js";
import { BytesSource, readInto, type Source } from "../source/source.js";
import { SlabTeam } from "../threads/slab-team.js";
import { type ThreadReason, threadReason, threadUse } from "../threads/thread-use.js";
import { WORTHWHILE_BYTES } from "../threads/threads.js";
import { type ChainStart, chainStart } from "./anchor.js";
import { reportOfPass } from "./conclude.js";
import type { VerifyReport } from "./report.js";
import { BlockCensus } from "./verification.js";

/** Bytes that a thread reads and hashes at once. Small, so that two threads seldom wait for each other; their windows then take 1 MiB. */
const SLAB_BYTES = 512 * 1024;
/**
 * The same where this thread reads for the others. A browser takes milliseconds for each read of a Blob, whatever its length, so that shorter reads would
 * take longer than hashing by one thread.
 */
const FED_SLAB_BYTES = 4 * 1024 * 1024;
/** Reads that are under way at a time where this thread reads for the others; fewer than there are windows. */
const READS_AT_A_TIME = 2;
const PROGRESS_EVERY_MS = 50;

export interface ThreadedWork {
  readonly strict: boolean;
  readonly threads: number;
  /** The option `threads`. */
  readonly asked: number | "auto";
  readonly signal?: AbortSignal | undefined;
  readonly progress: ProgressMeter;
  /** A power of two, 1 KiB to 32 MiB. */
  readonly slabBytes?: number;
}

/** The reason if threads cannot be started or cannot hash this capture, so that the caller has to. Throws the errors of `Capture.verify`. */
export async function verifyInThreads(
  source: Source,
  header: FileHeader,
  headerBytes: Uint8Array,
  { strict, threads, asked, signal, progress, slabBytes: given }: ThreadedWork,
): Promise<VerifyReport | ThreadReason> {
  const startedAt = performance.now();
  const file = lendableFile(source)?.lend();
  const isReadHere = file === undefined && !(source instanceof BytesSource) && source.size >= WORTHWHILE_BYTES;
  const slabBytes = given ?? (isReadHere ? FED_SLAB_BYTES : SLAB_BYTES);
  const passed = new AbortController();
  let team: SlabTeam | undefined;
  try {
    const { size } = source;
    const chain = createChain({
      size,
      slabBytes,
      threads: Math.min(threads, Math.ceil(size / slabBytes)),
      fed: file === undefined,
    });
    if (chain === null) return threadReason("no-shared-memory");
    const start = await readStart(chain, source, headerBytes, signal);
    const variant = start?.variant ?? null;
    if (variant && variant.algorithm !== HashAlgo.Blake3) return threadReason("other-hash");
    chain.begin(headerBytes, variant?.header ?? headerBytes);
    team = new SlabTeam(chain, file ?? null);
    const census = new BlockCensus(headerBytes.length, header.byteOrder);
    // Threads that read the file themselves pass no bytes to this thread, which reads the block headers for the census.
    const reading = file && readCensus(census, source, AbortSignal.any([passed.signal, ...(signal ? [signal] : [])]));
    reading?.catch(() => {});
    const result = await hashInTeam(chain, team, source, census, progress, signal);
    if ("code" in result) return result;
    await reading;
    progress.report(size);
    const variantResult = variant && underVariant(result);
    return reportOfPass({
      header,
      hashAlgo: HashAlgo.Blake3,
      hasher: "core-wasm",
      strict,
      start,
      result: result.chain,
      variantResult,
      census,
      bytes: size,
      startedAt,
      threads: threadUse(chain.job.threads, asked, threadReason("small-capture")),
    });
  } finally {
    passed.abort();
    // The file stays open until the threads that read it have ended; the report does not wait for that.
    void (team?.dismiss() ?? Promise.resolve()).finally(() => file?.giveBack());
  }
}

/** The start of the chain, from the header of block 0; null if the data ends inside that header. */
async function readStart(
  { core }: SlabChain,
  source: Source,
  headerBytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ChainStart | null> {
  if (source.size < headerBytes.length + BLOCK_HEADER_SIZE) return null;
  const lead = await source.read(headerBytes.length, BLOCK_HEADER_SIZE, signal);
  // Hashes with the core of this job, which is compiled already.
  return chainStart(headerBytes, HashAlgo.Blake3, lead, (algorithm, bytes) =>
    algorithm === HashAlgo.Blake3 ? blake3(bytes, core) : hash(algorithm, bytes),
  );
}

function createChain(options: SlabChainOptions): SlabChain | null {
  try {
    return new SlabChain(options);
  } catch (error) {
    // There is not enough memory, or memory cannot be shared.
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

/** The census of a file that threads read: reads the block headers in windows, and no payloads between them. */
async function readCensus(census: BlockCensus, source: Source, signal: AbortSignal): Promise<void> {
  const window = new WalkWindow(source.metered ?? false);
  const reader = new WindowReader(source);
  while (census.walking && census.next < source.size && !signal.aborted) {
    const start = census.next;
    const before = census.blocks;
    census.take(await reader.read(start, window.length, signal), start);
    window.found(census.blocks - before, census.next - start);
  }
}

/** The bytes of a slab, which are being read into its window. */
interface FillingWindow {
  readonly offset: number;
  readonly target: Uint8Array;
  readonly filled: Promise<unknown>;
}

/**
 * Copies the bytes of a source for threads that cannot read it themselves (bytes in memory, Blobs, files in Deno): fills one window after the
 * other when it becomes free, and passes its bytes to the census. The next window is being filled while the threads get this one.
 */
async function feedSlabs(
  chain: SlabChain,
  team: SlabTeam,
  source: Source,
  census: BlockCensus,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { slabs, windowCount } = chain.job;
  const filling: FillingWindow[] = [];
  const passOn = async ({ offset, target, filled }: FillingWindow) => {
    await filled;
    census.take(target, offset);
    chain.feed();
  };
  for (let slab = 0; slab < slabs; slab++) {
    // Reading bytes in memory never waits, so that the event loop would not run without a pause.
    await pause();
    const oldest = filling.length === READS_AT_A_TIME ? filling.shift() : undefined;
    if (oldest) await passOn(oldest);
    while (chain.slabsDone <= slab - windowCount) await team.slab();
    const { offset, target } = chain.window(slab);
    const filled = readInto(source, offset, target, signal);
    // If an earlier read fails, this promise is never awaited; its rejection must not be reported as unhandled.
    filled.catch(() => {});
    filling.push({ offset, target, filled });
  }
  for (const window of filling) await passOn(window);
}

/** The reason if threads cannot be started, or end early. */
async function hashInTeam(
  chain: SlabChain,
  team: SlabTeam,
  source: Source,
  census: BlockCensus,
  progress: ProgressMeter,
  signal: AbortSignal | undefined,
): Promise<SlabChainResult | ThreadReason> {
  const ticker = tick(() => progress.report(chain.bytesDone));
  const work = async () => {
    await team.start();
    if (!chain.job.fed) return team.ended;
    return Promise.race([team.ended, feedSlabs(chain, team, source, census, signal).then(() => team.ended)]);
  };
  try {
    const end = await untilAborted(Promise.race([work(), ticker.failed]), signal);
    return end === "done" ? finish(chain) : end;
  } finally {
    ticker.stop();
  }
}

function finish(chain: SlabChain): SlabChainResult {
  try {
    return chain.finish();
  } catch (cause) {
    throw new MslError("internal", `The threads' work does not fit together: ${(cause as Error).message}`, { cause });
  }
}

/** Calls `report` again and again until `stop`. `failed` rejects with the error that `report` throws. */
function tick(report: () => void): { readonly failed: Promise<never>; stop(): void } {
  let timer: ReturnType<typeof setInterval> | undefined;
  const failed = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      try {
        report();
      } catch (error) {
        reject(error);
      }
    }, PROGRESS_EVERY_MS);
  });
  return { failed, stop: () => clearInterval(timer) };
}

/**
 * The result under the header variant that block 0 names: FileHash differs, and the link of block 0 matches. The list still has block 0 as a broken
 * link; an explanation does not use that entry.
 */
function underVariant({ chain, variantFileHash }: SlabChainResult): ChainResult {
  return { ...chain, eoc: chain.eoc && variantFileHash && { ...chain.eoc, computed: variantFileHash } };
}
