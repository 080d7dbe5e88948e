/**
 * Prints the seconds that the first core of a process takes: decoding core.wasm, compiling it, instantiating it, allocating its memory.
 */
import { Core } from "@memslice/core-wasm";

const start = process.hrtime.bigint();
const { kernels } = new Core();
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
if (kernels.blake3ContextBytes() === 0) throw new Error("The core does not work");
process.stdout.write(`${seconds}\n`);
