/**
 * Searches the memory of a capture for words, and says where each one stands and how much could be searched.
 *
 *   npm install @memslice/msl @memslice/analysis
 *   node search-memory.mjs evidence.msl password BEGIN
 *
 * Status 0: something was found. 1: nothing was found, and all memory was searched. 4: nothing was found, but not all memory could be searched.
 * Words are searched in UTF-8 and UTF-16, in upper and lower case. hexPattern and regexPattern make patterns of other kinds.
 */
import { Places, search, textPatterns } from "@memslice/analysis";
import { openCapture } from "@memslice/msl";

/** Matches that are listed; more of them say little. */
const MOST = 1000;

const [path = "evidence.msl", ...words] = process.argv.slice(2);
const patterns = words.flatMap((word) => textPatterns(word, { encodings: ["utf-8", "utf-16le"], ignoreCase: true }));

const capture = await openCapture(path);
const found = search(capture.memory, patterns, { limit: MOST });
const places = Places.of(capture);
let count = 0;
// Matches come in batches, in the order of their addresses: memory of any size is searched without holding it.
for await (const matches of found) {
  count += matches.length;
  const located = await places.at(matches.map(({ address }) => address));
  for (const [i, { address, region, module, moduleOffset }] of located.entries()) {
    const name = patterns[matches[i]?.pattern ?? 0]?.name;
    const where = module ? `${JSON.stringify(module.path)} +0x${moduleOffset?.toString(16)}` : region?.head.regionTypeName;
    console.log(`0x${address.toString(16)}  ${JSON.stringify(name)}  ${where ?? "no region"}`);
  }
}
const { searched, notSearched, complete } = found.coverage;
console.log(`${count} matches; ${searched} bytes searched, ${notSearched.failed + notSearched.missing} could not be read`);
await capture.close();
// Never report "not there" when a part of memory could not be searched.
process.exitCode = count > 0 ? 0 : complete ? 1 : 4;
