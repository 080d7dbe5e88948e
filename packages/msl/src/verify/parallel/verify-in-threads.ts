/** Verification by several threads over one shared memory: the same report as by one thread, in less time. */

import { blake3, type ChainResult, SlabChain, type SlabChainOptions, type SlabChainResult } from "@memslice/core-wasm";
import { lendFile } from "#file-source";
import { MslError } from "../../errors.js";
import { BLOCK_HEADER_SIZE } from "../../format/block-header.js";
import type { FileHeader } from "../../format/file-header.js";
import { HashAlgo, hash } from "../../hash/hash-algorithm.js";
import type { ProgressMeter } from "../../source/progress.js";
import type { Source } from "../../source/source.js";
import { untilAborted } from "../../source/until-aborted.js";
import { BlockCensus } from "../block-census.js";
import { type ChainStart, chainStart } from "../chain-start.js";
import type { VerifyReport } from "../report.js";
import { reportOfPass } from "../report-of-pass.js";
import { feedSlabs } from "./feed-slabs.js";
import { readCensus } from "./read-census.js";
import { ThreadTeam } from "./thread-team.js";

/** Small: two threads then wait for each other least, and their windows take 1 MiB. */
const SLAB_BYTES = 512 * 1024;
const PROGRESS_EVERY_MS = 50;

export interface ThreadedWork {
  readonly strict: boolean;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly progress: ProgressMeter;
  /** A power of two, 1 KiB to 32 MiB. */
  readonly slabBytes?: number;
}

/** Null where threads do not work, or are of no use: the caller then does the work. Throws like `Capture.verify`. */
export async function verifyInThreads(
  source: Source,
  header: FileHeader,
  headerBytes: Uint8Array,
  { strict, threads, signal, progress, slabBytes = SLAB_BYTES }: ThreadedWork,
): Promise<VerifyReport | null> {
  const startedAt = performance.now();
  if (header.hashAlgo !== HashAlgo.Blake3 || header.byteOrder !== "little") return null;
  const file = lendFile(source);
  const passed = new AbortController();
  let team: ThreadTeam | undefined;
  try {
    const { size } = source;
    const chain = createChain({
      size,
      slabBytes,
      threads: Math.min(threads, Math.ceil(size / slabBytes)),
      fed: file === undefined,
    });
    if (chain === null) return null;
    const start = await readStart(chain, source, headerBytes, signal);
    const variant = start?.variant ?? null;
    if (variant && variant.algorithm !== HashAlgo.Blake3) return null;
    chain.begin(headerBytes, variant?.header ?? headerBytes);
    team = new ThreadTeam(chain, file ?? null);
    const census = new BlockCensus(headerBytes.length, header.byteOrder);
    // Threads that read the file themselves show nobody what they read.
    const reading = file && readCensus(census, source, AbortSignal.any([passed.signal, ...(signal ? [signal] : [])]));
    reading?.catch(() => {});
    const result = await hashInTeam(chain, team, source, census, progress, signal);
    if (result === null) return null;
    await reading;
    progress.report(size);
    const variantResult = variant && underVariant(result);
    const hashAlgo = header.hashAlgo;
    return reportOfPass({
      header,
      hashAlgo,
      hasher: "core-wasm",
      strict,
      start,
      result: result.chain,
      variantResult,
      census,
      bytes: size,
      startedAt,
    });
  } finally {
    passed.abort();
    // Nobody waits for threads to be gone but the file that they read.
    void (team?.dismiss() ?? Promise.resolve()).finally(() => file?.giveBack());
  }
}

/** The header of block 0; null if the data ends before. */
async function readStart(
  { core }: SlabChain,
  source: Source,
  headerBytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ChainStart | null> {
  if (source.size < headerBytes.length + BLOCK_HEADER_SIZE) return null;
  const lead = await source.read(headerBytes.length, BLOCK_HEADER_SIZE, signal);
  // Hashing by the core of this job spares compiling another one.
  return chainStart(headerBytes, HashAlgo.Blake3, lead, (algorithm, bytes) =>
    algorithm === HashAlgo.Blake3 ? blake3(bytes, core) : hash(algorithm, bytes),
  );
}

function createChain(options: SlabChainOptions): SlabChain | null {
  try {
    return new SlabChain(options);
  } catch (error) {
    // No memory, or none that can be shared.
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Null if threads do not work here. */
async function hashInTeam(
  chain: SlabChain,
  team: ThreadTeam,
  source: Source,
  census: BlockCensus,
  progress: ProgressMeter,
  signal: AbortSignal | undefined,
): Promise<SlabChainResult | null> {
  const ticker = tick(() => progress.report(chain.bytesDone));
  const work = async () => {
    await team.start();
    if (!chain.job.fed) return team.ended;
    return Promise.race([team.ended, feedSlabs(chain, team, source, census, signal).then(() => team.ended)]);
  };
  try {
    const end = await untilAborted(Promise.race([work(), ticker.failed]), signal);
    return end === "done" ? finish(chain) : null;
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

/** Calls `report` now and then; what it throws, `failed` rejects with. */
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
 * The chain under the variant that block 0 names: FileHash is another one, and block 0 is linked. Its broken link stays in the list, where
 * an explanation does not look at it.
 */
function underVariant({ chain, variantFileHash }: SlabChainResult): ChainResult {
  return { ...chain, eoc: chain.eoc && variantFileHash && { ...chain.eoc, computed: variantFileHash } };
}
