/** Writing plain regions to a sink that discards them, hashed by @napi-rs/blake-hash and by the WebAssembly core. */
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import type { ScenarioOptions } from "../../scenario.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { REGION_BYTES, regionBytes } from "./region-bytes.js";

const MIB = 1024 * 1024;
const REGIONS = 256;
const QUICK_REGIONS = 4;
/** Page data repeats after this many regions, so that the whole capture is never in memory. */
const DIFFERENT_REGIONS = 16;

export async function* nativeHash({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const regions = quick ? QUICK_REGIONS : REGIONS;
  const { pageData } = regionBytes(Math.min(regions, DIFFERENT_REGIONS));
  const work = { regions, regionBytes: REGION_BYTES, pageData: (region: number) => pageData(region % DIFFERENT_REGIONS) };
  const written = async (native: boolean) => {
    let uuids = 0;
    const uuid = () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`;
    const { fileHash } = await writeRegions({ write: () => {} }, work, { uuid, timestamp: () => 1n, nativeHash: native });
    return fileHash;
  };
  const expected = await written(false);
  const amount = regions * REGION_BYTES;
  yield await compare(
    {
      title: `writing ${amount / MIB} MiB in ${regions} regions to a sink that drops them, plain`,
      work: { amount, unit: "bytes" },
      ours: { name: "hashed by @napi-rs/blake-hash", run: () => written(true) },
      peers: [{ name: "hashed by the WebAssembly core", run: () => written(false), ...(!quick && { bar: { atLeast: 1.6 } }) }],
      check: (fileHash) => (fileHash === expected ? undefined : "gives another FileHash"),
    },
    { rounds: quick ? 6 : 9, attempts: quick ? 1 : 2, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 },
  );
}
