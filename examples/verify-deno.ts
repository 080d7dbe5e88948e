/**
 * Verifies captures in Deno, which may read the named files and do nothing else.
 *
 *   deno add npm:@memslice/msl
 *   deno run --allow-read verify-deno.ts evidence.msl
 *
 * Status 1: a capture is not intact, or cannot be read.
 */
import { describeReport, verifyStream } from "@memslice/msl/verify";

let status = 0;
for (const path of Deno.args) {
  try {
    const { readable } = await Deno.open(path);
    const report = await verifyStream(readable);
    console.log(`${path}: ${describeReport(report).join("\n  ")}`);
    if (report.outcome !== "intact") status = 1;
  } catch (error) {
    console.error(`${path}: ${error instanceof Error ? error.message : error}`);
    status = 1;
  }
}
Deno.exit(status);
