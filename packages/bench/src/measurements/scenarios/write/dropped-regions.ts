/** Writing many plain regions to a sink that drops the bytes: hashed by one thread, by several, and by native code. */
import { availableParallelism } from "node:os";
import { Blake3 } from "@memslice/core-wasm";
import type { Sink } from "@memslice/msl";
import { type Comparison, compare } from "../../harness/compare.js";
import type { Bar, ComparisonFinding, Finding } from "../../harness/findings.js";
import type { ScenarioOptions } from "../../scenario.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { REGION_BYTES, regionBytes } from "./region-bytes.js";

const DROPPING: Sink = { keepsBytes: false, write: () => {} };
const MIB = 1024 * 1024;
const REGIONS = 256;
const QUICK_REGIONS = 4;
/** Page data repeats after this many regions, so that the whole capture is never in memory. */
const DIFFERENT_REGIONS = 16;
/** A writer hashes every byte twice, for the chain and for FileHash: the most time that it may take, in times of two passes of BLAKE3. */
const ONE_THREAD_MOST = 1.15;
const TWO_THREADS_MOST = 0.65;
/** Four threads must be no slower than two, as far as times of the same work agree. */
const FOUR_THREADS_LEAST = 0.97;
const NATIVE_LEAST = 1.6;

/** Describes the error in a result; undefined if the result is right. */
type Checked = () => string | undefined;
type Contender = Comparison<Checked>["ours"];

export async function* droppedRegions({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const work = new RepeatingRegions(quick ? QUICK_REGIONS : REGIONS);
  const expected = await work.fileHash(1, false);
  const contender = (threads: number, native: boolean, bar?: Bar): Contender => ({
    name: `MslWriter, threads ${threads}, ${native ? "@napi-rs/blake-hash" : "memslice core"}`,
    run: async () => {
      const fileHash = await work.fileHash(threads, native);
      return () => (fileHash === expected ? undefined : "gives another FileHash");
    },
    ...(bar && !quick && { bar }),
  });
  const twoPasses = (most: number): Contender => ({
    name: "two passes of memslice Blake3",
    run: () => {
      const [first, second] = [work.digest(), work.digest()];
      return () => (Buffer.compare(first, second) === 0 ? undefined : "gives two digests");
    },
    ...(!quick && { bar: { atLeast: 1 / most } }),
  });
  const contest = (title: string, ours: Contender, peers: readonly Contender[]) => against(title, work, { ours, peers, quick });
  yield await contest("one thread", contender(1, false), [twoPasses(ONE_THREAD_MOST)]);
  yield await contest("native hash", contender(1, true), [contender(1, false, { atLeast: NATIVE_LEAST })]);
  yield await contest("two threads", contender(2, false), [twoPasses(TWO_THREADS_MOST), contender(2, true)]);
  if (availableParallelism() < 4) return;
  yield await contest("four threads", contender(4, false), [
    contender(2, false, { atLeast: FOUR_THREADS_LEAST }),
    contender(4, true),
  ]);
}

interface Contest {
  readonly ours: Contender;
  readonly peers: readonly Contender[];
  readonly quick: boolean;
}

function against(
  title: string,
  { regions, bytes }: RepeatingRegions,
  { ours, peers, quick }: Contest,
): Promise<ComparisonFinding> {
  return compare<Checked>(
    {
      title: `writing ${bytes / MIB} MiB in ${regions} regions to a sink that drops them, plain, ${title}`,
      work: { amount: bytes, unit: "bytes" },
      ours,
      peers,
      check: (problem) => problem(),
    },
    { rounds: quick ? 6 : 9, attempts: quick ? 1 : 2, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 },
  );
}

class RepeatingRegions {
  readonly regions: number;
  /** Bytes of page data in all regions together. */
  readonly bytes: number;
  readonly #pageData: (region: number) => Uint8Array;

  constructor(regions: number) {
    const { pageData } = regionBytes(Math.min(regions, DIFFERENT_REGIONS));
    this.regions = regions;
    this.bytes = regions * REGION_BYTES;
    this.#pageData = (region) => pageData(region % DIFFERENT_REGIONS);
  }

  /** Writes a capture of the regions, and returns its FileHash. */
  async fileHash(threads: number, nativeHash: boolean): Promise<string> {
    let uuids = 0;
    const uuid = () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`;
    const work = { regions: this.regions, regionBytes: REGION_BYTES, pageData: this.#pageData };
    return (await writeRegions(DROPPING, work, { uuid, timestamp: () => 1n, threads, nativeHash })).fileHash;
  }

  /** BLAKE3 of all page data. */
  digest(): Uint8Array {
    using hasher = new Blake3();
    for (let region = 0; region < this.regions; region++) hasher.update(this.#pageData(region));
    return hasher.digest();
  }
}
