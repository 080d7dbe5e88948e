/** Checks memory by address against the recorded page states and digests of page data. */
import type { Capture, MemoryRead } from "@memslice/msl";
import type { Check, Environment } from "./check.js";
import { hex, requireEqual, requireRefused } from "./require.js";

const SAMPLES = ["ms-basic-plain", "ms-zstd-mixed", "ms-lz4-mixed", "md-zstd", "lm-basic", "lm-zstd", "lm-lz4"];
const STATE_OF_CODE = ["captured", "failed", "unmapped"];
/** Regions larger than this are skipped. */
const MOST_BYTES = 16 * 1024 * 1024;

interface RecordedRegion {
  readonly baseAddr: string;
  readonly regionSize: string;
  readonly pageSize: string;
  /** Runs of pages: index of the first page, number of pages, state code. */
  readonly pageStates: readonly (readonly [number, number, number])[];
  readonly pageDataBlake3: string;
}

export const MEMORY: readonly Check[] = [
  {
    name: "reads memory by address, and returns no bytes for holes",
    run: async (environment) => {
      let holes = 0;
      for (const sample of SAMPLES) {
        const capture = await environment.msl.openCapture(await environment.bytes(sample));
        for (const region of await recordedRegions(environment, sample)) {
          holes += await requireRegion(environment, capture, sample, region);
        }
      }
      if (holes === 0) throw new Error("no sample has a hole: the check is blind");
    },
  },
];

async function recordedRegions({ expected }: Environment, sample: string): Promise<RecordedRegion[]> {
  const regions: RecordedRegion[] = [];
  for (const { payload } of (await expected(sample)).blocks) {
    if (isRegion(payload) && Number(payload.regionSize) <= MOST_BYTES) regions.push(payload);
  }
  if (regions.length === 0) throw new Error(`${sample}: no region is recorded`);
  return regions;
}

function isRegion(payload: unknown): payload is RecordedRegion {
  return typeof payload === "object" && payload !== null && "pageStates" in payload && "pageDataBlake3" in payload;
}

/** Returns the number of runs of pages that are holes. */
async function requireRegion(
  { core }: Environment,
  capture: Capture,
  sample: string,
  { baseAddr, regionSize, pageSize, pageStates, pageDataBlake3 }: RecordedRegion,
): Promise<number> {
  const base = BigInt(baseAddr);
  const what = `${sample}: region at ${baseAddr}`;
  const read = await capture.memory.read(base, Number(regionSize));
  const data = new core.Blake3();
  for (const { bytes } of read.segments) if (bytes) data.update(bytes);
  requireEqual(`${what}: page data`, hex(data.digest()), pageDataBlake3);
  data.release();
  for (const [first, , code] of pageStates) {
    const address = base + BigInt(first) * BigInt(pageSize);
    requireEqual(`${what}: state at ${address}`, stateIn(read, address), STATE_OF_CODE[code]);
  }
  const holes = pageStates.filter(([, , code]) => code !== 0).length;
  requireEqual(`${what}: complete`, read.complete, holes === 0);
  if (holes > 0) await requireRefused(`${what}: all bytes`, "hole", () => read.bytes());
  return holes;
}

function stateIn(read: MemoryRead, at: bigint): string | undefined {
  return read.segments.find(({ address, length }) => address <= at && at < address + BigInt(length))?.state;
}
