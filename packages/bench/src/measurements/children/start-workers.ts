/**
 * Prints the seconds that two threads take to start, verify a capture too small to give them noticeable work, and end. Argument: the
 * capture.
 */
import { openCapture, type VerifyOptions } from "@memslice/msl";

const capture = await openCapture(process.argv[2] ?? "");
const options: VerifyOptions & { readonly threads: number } = { threads: 2 };
const start = process.hrtime.bigint();
const { outcome } = await capture.verify(options);
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
await capture.close();
if (outcome !== "intact") throw new Error(`The capture is ${outcome}`);
process.stdout.write(`${seconds}\n`);
