/** Transcodes a file to a sink that only counts, with a signal that never fires, and prints bytes and peak memory. `node transcode-regions.mjs [FILE]`. */
import { transcode } from "@memslice/msl";
import { ownPeakBytes } from "./own-peak.mjs";

const [file] = process.argv.slice(2);
let written = 0;
let unchanged = 0;
const sink = {
  write: ({ length }) => {
    written += length;
  },
};
if (file) ({ unchanged } = await transcode(file, sink, { signal: new AbortController().signal }));
console.log(JSON.stringify({ written, unchanged, peak: ownPeakBytes() }));
