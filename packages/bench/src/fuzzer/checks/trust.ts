/**
 * Lints and repairs a capture, also one that readers refuse for its file header: findings are plain values with known ids, also with salvage, the repaired
 * capture verifies, and lint finds no hash in it that does not match. Of a capture that can be opened, the headers of all blocks are examined.
 */
import { openCapture } from "@memslice/msl";
import { type LintOptions, type LintSummary, lintCapture, lintRule } from "@memslice/msl/lint";
import { repairCapture } from "@memslice/msl/repair";
import { ask, requireEqual } from "../finding.js";
import { count } from "../tallies.js";
import { requirePlain } from "./block-json.js";
import type { Subject } from "./subject.js";
import { BoundedSink, whileRoom } from "./transcoding.js";

export async function checkTrust({ bytes, random, counts }: Subject): Promise<void> {
  const linted = await ask(() => lintedIn(bytes, { salvage: random.oneIn(2) }));
  if (linted.error) count(counts.error, linted.error.code);
  // Heavy mutants take a second for each rewriting.
  if (random.oneIn(2)) return;
  const sink = new BoundedSink();
  const made = await ask(() => whileRoom(sink, () => repairCapture(bytes, sink)));
  if (made.error) count(counts.error, made.error.code);
  if (!made.value) return;
  requirePlain("report of repairCapture", made.value);
  const output = await openCapture(sink.bytes());
  const { verdict, outcome } = await output.verify();
  requireEqual("verdict of a repaired capture", [outcome, verdict], ["intact", "chain-ok+filehash-ok"]);
  requireEqual("Imported flag of a repaired capture", output.header.imported, true);
  await output.close();
  const { ids, obstacle } = await lintedIn(sink.bytes());
  requireEqual("obstacle to the examination of a repaired capture", obstacle, null);
  const hashes = [...ids.keys()].filter((id) => id.startsWith("INT-") || id.startsWith("EOC-"));
  requireEqual("departures of hashes and end in a repaired capture", hashes, []);
}

async function lintedIn(bytes: Uint8Array, options: LintOptions = {}): Promise<LintSummary> {
  const linting = lintCapture(bytes, options);
  for await (const findings of linting) {
    for (const finding of findings) {
      requirePlain("finding of lintCapture", finding);
      requireEqual("level of a finding", finding.level, lintRule(finding.id)?.level);
    }
  }
  return linting.summary;
}
