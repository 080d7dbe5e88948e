/**
 * Captures a live process of Linux into an encrypted capture: memory, modules, identity.
 *
 *   npm install @memslice/msl @memslice/acquire
 *   MSL_PASSPHRASE=... node capture-process.mjs 4242 evidence.msl
 *
 * Status 0: everything was captured. 4: not everything could be read. 5: the process cannot be read; the message says why, and what would allow it.
 * The process is stopped while its memory is read, and goes on in any case, also if this program is killed.
 */
import { acquire, preflight } from "@memslice/acquire";
import { fileSink } from "@memslice/msl";

const [pid = "", path = "evidence.msl"] = process.argv.slice(2);
const passphrase = process.env.MSL_PASSPHRASE;
if (!/^[0-9]+$/.test(pid) || !passphrase) {
  console.error("Usage: MSL_PASSPHRASE=... node capture-process.mjs PID [FILE]");
  process.exit(2);
}

const { permitted, findings } = preflight(Number(pid));
for (const { found, remedy } of findings) console.error(found, remedy);
if (permitted) {
  // Memory holds passwords and keys: nobody else may read the file.
  const sink = await fileSink(path, { mode: 0o600 });
  const report = await acquire(Number(pid), sink, { freeze: true, encryption: { passphrase } });
  const { captured, failed, unmapped } = report.pages;
  console.log(
    `${path}: ${captured} pages captured, ${failed} failed, ${unmapped} unmapped, ${report.leftOut.length} mappings left out`,
  );
  console.log(`FileHash ${report.fileHash}`);
  process.exitCode = report.complete ? 0 : 4;
} else process.exitCode = 5;
