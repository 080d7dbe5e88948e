/**
 * Imports a core to a file with the threads that the command uses, and prints as a line of JSON: the seconds of the import, the seconds in which the hashes alone are computed that
 * it has to wait for (BLAKE3 of each byte for the chain, by the hasher that the writer has here; SHA-256 of the dump with "digest"), and the peak memory of the import. FileHash, which
 * another thread computes meanwhile, and tags of windows are not left out. Arguments: core, output, "digest" or "plain".
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { importCapture } from "@memslice/convert";
import { fileSink } from "@memslice/msl";
import { Blake3Hasher } from "@napi-rs/blake-hash";
import { ownPeakBytes } from "../../processes/own-peak.js";

const MIB = 2 ** 20;

const [core = "", output = "", digest] = process.argv.slice(2);
const started = performance.now();
const sink = await fileSink(output, { overwrite: true, sync: "never" });
const { pages } = await importCapture(core, sink, { digest: digest === "digest", threads: "auto" });
const seconds = (performance.now() - started) / 1000;
const peak = ownPeakBytes();
const captured = Number(pages.captured.bytes);
const hashing =
  hashSeconds(captured, [new Blake3Hasher()]) +
  (digest === "digest" ? hashSeconds(statSync(core).size, [createHash("sha256")]) : 0);
process.stdout.write(`${JSON.stringify({ seconds, hashing, peak })}\n`);

/** Seconds in which the hashers take `bytes` bytes, in pieces of a MiB. */
function hashSeconds(bytes: number, hashers: readonly { update(bytes: Buffer): unknown }[]): number {
  const piece = Buffer.alloc(MIB, 0x5a);
  const begun = performance.now();
  for (let done = 0; done < bytes; done += MIB) for (const hasher of hashers) hasher.update(piece);
  return (performance.now() - begun) / 1000;
}
