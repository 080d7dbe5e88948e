/**
 * Converts a dump of another tool (ELF core, Windows minidump, Mach-O core) to a capture, and says what the capture states that the dump does not.
 *
 *   npm install @memslice/msl @memslice/convert
 *   node import-dump.mjs core.4242 evidence.msl
 *
 * Status 0: the dump is whole. 4: the dump lacks something; the capture has what is there. 3: the file is no dump of a process.
 * Keep the dump: captures have no place for everything in it. The capture names the SHA-256 of the dump in its Import Provenance.
 */
import { rm } from "node:fs/promises";
import { importCapture } from "@memslice/convert";
import { fileSink, MslError } from "@memslice/msl";

const [dump = "core", path = "evidence.msl"] = process.argv.slice(2);

// Throws if the file exists: no other capture is replaced.
const sink = await fileSink(path);
try {
  const report = await importCapture(dump, sink);
  const { captured, failed, unmapped } = report.pages;
  console.log(`${report.words}: ${captured.pages} pages captured, ${failed.pages} failed, ${unmapped.pages} unmapped`);
  for (const fact of report.assumed) console.log(`assumed: ${fact}`);
  for (const fact of report.lost) console.log(`no place in a capture: ${fact}`);
  for (const fact of report.damaged) console.log(`DAMAGED: ${fact}`);
  // Whoever alters the capture can compute its hashes anew: keep this one where nobody can change it.
  console.log(`${path}: ${report.size} bytes, FileHash ${report.fileHash}`);
  process.exitCode = report.complete ? 0 : 4;
} catch (error) {
  await rm(path);
  if (!(error instanceof MslError)) throw error;
  console.error(error.message);
  process.exitCode = error.code === "not-importable" ? 3 : 2;
}
