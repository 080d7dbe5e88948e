/** Builds the package: the scripts of its workers, and its entries with the chunks that they share (docs/decisions/0015-sizes.md). */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePackage } from "../../../scripts/bundle.mjs";

const workers = ["hash", "compression", "decompression", "argon2"];
/** Node, Bun and Deno load machine code that hashes. */
const workersOfNode = ["digest"];

/** For Node, loaded with the first use: the small entries; captures in memory; then random access, streams, what blocks say about each other, and writing. */
const onDemand = {
  constants: ["errors", "format/codes", "deviations/catalogue", "options/limits", "threads/thread-use"],
  chunks: [
    "verify",
    "plain",
    "source/file-source",
    "read/slice-reader",
    "read/open-source",
    "threads/worker-team",
    "read/stream-reader",
    "read/cross-check",
    "write/write-capture",
  ],
};

/** For other runtimes: streams of plain captures; what the entry for single files adds; then reading and writing. */
const chunks = ["verify", "plain", "uuid-table", "read/open-source", "read/cross-check", "read", "index"];

/**
 * What Node loads on demand, because parsing takes it time, and other runtimes do not: esbuild takes every module that is loaded on demand for used, and
 * every file that such a module shares with an entry for a part of the entry. Ciphers are loaded on demand everywhere.
 */
const atOnce = [
  ["read/capture-input", "#file-source"],
  ["read/open-capture", "codec/decoding-ahead"],
  ["read/open-capture", "read/cross-check"],
  ["read/open-capture", "read/open-source"],
  ["read/open-capture", "read/salvage/salvage-search"],
  ["read/open-capture", "source/http/http-source"],
  ["read/open-capture", "verify/verify-any-stream"],
  ["read/open-capture", "verify/verify-in-threads"],
  ["read/open-capture", "verify/verify-sealed"],
  ["transcode/transcode", "transcode/transcode-capture"],
  ["write/msl-writer", "write/resume"],
];

await bundlePackage(join(dirname(fileURLToPath(import.meta.url)), ".."), { workers, workersOfNode, chunks, atOnce, onDemand });
