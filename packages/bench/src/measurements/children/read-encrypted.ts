/**
 * Opens and verifies an encrypted capture, checks 300 random reads, and prints its own peak memory. Arguments: the file, the number of
 * regions in the file.
 */
import { openCapture } from "@memslice/msl";
import { Random } from "../../captures/random.js";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { KEY, REGION_PAGES } from "../workloads/encrypted-capture.js";
import { addressOf, pageOf, pagePool } from "../workloads/synthetic-capture.js";

const READS = 300;

const [path = "", regions] = process.argv.slice(2);
const capture = await openCapture(path, { keys: { key: KEY } });
const report = await capture.verify();
if (report.verdict !== "aead-ok") throw new Error(`The capture does not verify: ${report.verdict}`);
const random = new Random(5);
const pool = pagePool();
for (let read = 0; read < READS; read++) {
  const region = random.below(Number(regions));
  const page = random.below(REGION_PAGES);
  const start = random.below(4000);
  const length = 1 + random.below(4096 - start);
  const { segments } = await capture.memory.read(addressOf(region, page) + BigInt(start), length);
  const expected = pageOf(pool, region, page).subarray(start, start + length);
  if (Buffer.compare(segments[0]?.bytes ?? new Uint8Array(0), expected) !== 0) {
    throw new Error(`Page ${page} of region ${region} is not what was written`);
  }
}
await capture.close();
process.stdout.write(`${ownPeakBytes()}\n`);
