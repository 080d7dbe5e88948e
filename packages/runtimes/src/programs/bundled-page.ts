/** Runs the checks in a page that a bundler made. Without a top-level await, which not every bundler understands. */
import "./count-webassembly.js";
import "./hear-web-threads.js";
import * as analysis from "@memslice/analysis";
import * as core from "@memslice/core-wasm";
import * as msl from "@memslice/msl";
import { report } from "./report-results.js";
import { runList } from "./run-list.js";

void report((situation) => runList({ msl, core, analysis }, situation));
