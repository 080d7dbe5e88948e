/**
 * Imports a core to a file, and prints as a line of JSON: the seconds of the import, the seconds in which the hashes of the capture alone are computed (BLAKE3 of each byte for
 * the chain, and once more for the file, by the hasher that the writer has here), and the peak memory of the import. Arguments: core, output, "digest" or "plain".
 */
import { importCapture } from "@memslice/convert";
import { fileSink } from "@memslice/msl";
import { Blake3Hasher } from "@napi-rs/blake-hash";
import { ownPeakBytes } from "../../processes/own-peak.js";

const MIB = 2 ** 20;

const [core = "", output = "", digest] = process.argv.slice(2);
const started = performance.now();
const sink = await fileSink(output, { overwrite: true, sync: "never" });
const { pages } = await importCapture(core, sink, { digest: digest === "digest" });
const seconds = (performance.now() - started) / 1000;
const peak = ownPeakBytes();
const hashing = hashSeconds(Number(pages.captured.bytes));
process.stdout.write(`${JSON.stringify({ seconds, hashing, peak })}\n`);

/** Seconds of two hashes over `bytes` bytes, in pieces of a MiB. */
function hashSeconds(bytes: number): number {
  const piece = Buffer.alloc(MIB, 0x5a);
  const hashers = [new Blake3Hasher(), new Blake3Hasher()];
  const begun = performance.now();
  for (let done = 0; done < bytes; done += MIB) for (const hasher of hashers) hasher.update(piece);
  return (performance.now() - begun) / 1000;
}
