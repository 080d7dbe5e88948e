/** Runs the checks in Node, Bun and Deno. The situation is the argument; results go to standard output. */
import "./hear-node-threads.js";
import { argv } from "node:process";
import { runList } from "./run-list.js";

// Imported here, after counting of WebAssembly has begun.
const packages = {
  msl: await import("@memslice/msl"),
  core: await import("@memslice/core-wasm"),
  analysis: await import("@memslice/analysis"),
};
console.log(JSON.stringify(await runList(packages, JSON.parse(argv[2] ?? ""))));
