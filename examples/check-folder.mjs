/**
 * Fails a build when a capture in a folder, or below it, is not intact.
 *
 *   npm install --save-dev @memslice/msl
 *   node check-folder.mjs evidence
 *
 * Status 0: every capture is intact. 1: one is altered or incomplete, or cannot be read. 2: there is no capture to check.
 * Encrypted captures are opened with the passphrase in MSL_PASSPHRASE.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describeReport, MslError, verifyCapture } from "@memslice/msl";

const [folder = "."] = process.argv.slice(2);
const passphrase = process.env.MSL_PASSPHRASE;
// A function is called for encrypted captures only; an object would refuse plain ones.
const options = passphrase === undefined ? {} : { keys: () => ({ passphrase }) };

const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".msl")).sort();
let failed = 0;
for (const file of files) {
  const { intact, sentences } = await check(join(folder, file));
  if (!intact) failed++;
  console.log(intact ? "ok  " : "FAIL", JSON.stringify(file));
  if (!intact) for (const sentence of sentences) console.log(`       ${sentence}`);
}
console.log(`${files.length} captures, ${failed} not intact`);
// A check that finds nothing to check must not pass: the folder may be the wrong one.
process.exitCode = files.length === 0 ? 2 : failed > 0 ? 1 : 0;

/** @param {string} path */
async function check(path) {
  try {
    const report = await verifyCapture(path, options);
    return { intact: report.outcome === "intact", sentences: describeReport(report) };
  } catch (error) {
    if (error instanceof MslError) return { intact: false, sentences: [error.message] };
    throw error;
  }
}
