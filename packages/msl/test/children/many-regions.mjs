/** Lists the regions of a file and its ranges of captured memory, and prints how many there are and the peak memory. `node many-regions.mjs [FILE]`. */
import { openCapture } from "@memslice/msl";
import { ownPeakBytes } from "./own-peak.mjs";

const [file] = process.argv.slice(2);
let regions = 0;
let ranges = 0;
if (file) {
  const capture = await openCapture(file);
  const list = await capture.regions();
  regions = list.length;
  for await (const _ of capture.memory.ranges()) ranges++;
}
console.log(JSON.stringify({ regions, ranges, peak: ownPeakBytes() }));
