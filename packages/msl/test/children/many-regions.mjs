/** Lists the regions of a file and its ranges of captured memory, and prints how many there are, the peak memory, and what stays. `node --expose-gc many-regions.mjs [FILE]`. */
import { openCapture } from "@memslice/msl";
import { ownPeakBytes } from "./own-peak.mjs";

const [file] = process.argv.slice(2);
let regions = 0;
let ranges = 0;
let capture;
let list;
const before = used();
if (file) {
  capture = await openCapture(file);
  list = await capture.regions();
  regions = list.length;
  for await (const _ of capture.memory.ranges()) ranges++;
}
const retained = used() - before;
console.log(JSON.stringify({ regions, ranges, peak: ownPeakBytes(), retained, held: [capture, list].length }));

function used() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
