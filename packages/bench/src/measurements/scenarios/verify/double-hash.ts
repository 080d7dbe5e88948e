/**
 * Hashing the block chain and the file in one pass, compared with hashing the same bytes once: hashing twice takes twice the time, a
 * ratio of 0.5.
 */
import { Blake3HashChain, blake3 } from "@memslice/core-wasm";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { noble } from "../../peers/blake3.js";
import type { ScenarioOptions } from "../../scenario.js";
import { withResident } from "../../workloads/resident.js";
import { regionBlocks, syntheticCapture } from "../../workloads/synthetic-capture.js";
import { hashingPace } from "./long-messages.js";

const KIB = 1024;
const PAGE_BYTES = 4 * KIB;
const CAPTURE_BYTES = 16 * KIB * KIB;
const FILE_HEADER_BYTES = 64;
const END_OF_CAPTURE_BYTES = 128;
const BLOCK_SIZES = [64 * KIB, 1024 * KIB] as const;

export async function* doubleHash({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  for (const blockBytes of BLOCK_SIZES) {
    const shape = { regions: CAPTURE_BYTES / blockBytes, pagesPerRegion: blockBytes / PAGE_BYTES };
    const capture = Buffer.concat([...syntheticCapture("regions", regionBlocks(shape))]);
    const hashedBytes = capture.length - END_OF_CAPTURE_BYTES;
    const expected = hex(noble.digest(capture.subarray(0, hashedBytes)));
    yield* withResident(capture, async function* (resident) {
      yield await compare(
        {
          title: `chain of blocks of ${blockBytes / KIB} KiB and file hash in one pass, against one hash of the file`,
          work: { amount: hashedBytes, unit: "bytes" },
          ours: { name: "memslice Blake3HashChain", run: () => chained(resident()) },
          peers: [
            {
              name: "memslice blake3",
              run: () => hex(blake3(resident().subarray(0, hashedBytes))),
              bar: { atLeast: 0.48 },
            },
          ],
          check: (fileHash) => (fileHash === expected ? undefined : "gives another file hash"),
        },
        hashingPace(quick),
      );
    });
  }
}

function chained(capture: Uint8Array): string {
  const chain = new Blake3HashChain(capture.subarray(0, FILE_HEADER_BYTES));
  chain.update(capture.subarray(FILE_HEADER_BYTES));
  const { breaks, eoc } = chain.finish();
  chain.release();
  if (breaks.length > 0 || !eoc) throw new Error("finds no intact chain");
  return hex(eoc.computed);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
