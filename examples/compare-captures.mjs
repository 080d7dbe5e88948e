/**
 * Compares two captures of a process, and lists what changed from the first one to the second one.
 *
 *   npm install @memslice/msl @memslice/analysis
 *   node compare-captures.mjs before.msl after.msl
 *
 * Status 0: the same. 1: different. 4: no difference was found, but not all memory could be compared.
 */
import { compare } from "@memslice/analysis";
import { openCapture } from "@memslice/msl";

const [before = "before.msl", after = "after.msl"] = process.argv.slice(2);
const [a, b] = await Promise.all([openCapture(before), openCapture(after)]);

const comparison = compare(a, b);
for await (const differences of comparison) {
  for (const difference of differences)
    console.log(`${difference.kind} ${hex(difference.a)} -> ${hex(difference.b)} ${factsOf(difference)}`);
}
const { different, complete, equalBytes, changedBytes } = comparison.summary;
// Bytes that one side did not capture are neither equal nor changed.
console.log(`${equalBytes} bytes equal, ${changedBytes} changed${complete ? "" : "; not all memory could be compared"}`);
await Promise.all([a.close(), b.close()]);
process.exitCode = different ? 1 : complete ? 0 : 4;

/** @param {bigint | undefined} address - undefined on a side that does not have it */
function hex(address) {
  return address === undefined ? "-" : `0x${address.toString(16)}`;
}

/** @param {import("@memslice/analysis").Difference} difference */
function factsOf(difference) {
  switch (difference.kind) {
    case "bytes":
      return `${difference.changed} of ${difference.length} bytes`;
    case "state":
      return `${difference.length} bytes, ${difference.from} -> ${difference.to}`;
    case "not-comparable":
      return `${difference.length} bytes: ${difference.reason}`;
    default:
      return `${difference.change} ${difference.fields.join(", ")}`;
  }
}
