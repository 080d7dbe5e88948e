/** Runs the checks in a bundle for Node, Bun or Deno. Without a top-level await, which no CommonJS bundle may have. */
import "./count-webassembly.js";
import "./hear-node-threads.js";
import { argv } from "node:process";
import * as analysis from "@memslice/analysis";
import * as core from "@memslice/core-wasm";
import * as msl from "@memslice/msl";
import { runList } from "./run-list.js";

void runList({ msl, core, analysis }, JSON.parse(argv[2] ?? "")).then((results) => console.log(JSON.stringify(results)));
