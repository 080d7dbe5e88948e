/** Writing plain regions into memory. */
import { blake3 } from "@memslice/core-wasm";
import { BytesSink } from "@memslice/msl";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { blake3Wasm } from "../../peers/blake3.js";
import type { ScenarioOptions } from "../../scenario.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { captureCheck } from "./check-capture.js";
import { writingPace } from "./pace.js";
import { regionBytes } from "./region-bytes.js";

const REGIONS = 16;
const QUICK_REGIONS = 4;
/** A writer hashes every byte twice, for the chain and for FileHash, so it can reach half of the peer's speed at most. */
const BAR = { atLeast: 0.45 } as const;

/** Describes the error in a result; undefined if the result is right. */
type Checked = () => string | undefined;

/** Compared with the least work possible: copying the bytes and hashing them once. */
export async function* plainRegions({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const regions = regionBytes(quick ? QUICK_REGIONS : REGIONS);
  const { bytes, label } = regions;
  const checkCapture = await captureCheck({ ...regions, stored: "plain", decode: (data) => data });
  const wasm = await blake3Wasm();
  yield await compare<Checked>(
    {
      title: `writing ${label} to memory, plain`,
      work: { amount: bytes.length, unit: "bytes" },
      ours: {
        name: "memslice MslWriter to a BytesSink",
        run: async () => {
          const sink = new BytesSink();
          await writeRegions(sink, regions);
          return () => checkCapture(sink.bytes());
        },
      },
      peers: [
        {
          name: "a copy of the bytes, and memslice blake3 once",
          bar: BAR,
          run: () => {
            const copy = bytes.slice();
            const digest = blake3(bytes);
            return () => difference(copy, bytes) ?? difference(digest, wasm.digest(bytes));
          },
        },
      ],
      check: (problem) => problem(),
    },
    writingPace(quick),
  );
}

function difference(a: Uint8Array, b: Uint8Array): string | undefined {
  return Buffer.compare(a, b) === 0 ? undefined : "gives other bytes";
}
