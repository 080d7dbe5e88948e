/** What is shipped. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { Finding } from "../../harness/findings.js";

const require = createRequire(import.meta.url);

export function* size(): Generator<Finding> {
  const wasm = readFileSync(require.resolve("@memslice/core-wasm/core.wasm"));
  const gzipped = gzipSync(wasm, { level: 9 }).length;
  yield { kind: "figure", title: "core.wasm, gzipped", value: gzipped / 1000, unit: "KB", bar: { atMost: 28 } };
}
