/** Prints how many seconds it takes to compile and instantiate core.wasm, in a process that has compiled nothing yet. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const MAXIMUM_PAGES = 65_536;

const wasm = readFileSync(createRequire(import.meta.url).resolve("@memslice/core-wasm/core.wasm"));
const memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES });
const start = process.hrtime.bigint();
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } });
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
if (typeof exports["blake3Hash"] !== "function") throw new Error("core.wasm does not hash");
process.stdout.write(`${seconds}\n`);
