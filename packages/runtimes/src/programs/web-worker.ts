/** Runs the checks in a Web Worker, bundled as for browsers. */
import "./count-webassembly.js";
import * as analysis from "@memslice/analysis";
import * as core from "@memslice/core-wasm";
import * as msl from "@memslice/msl";
import { report } from "./report-results.js";
import { runList } from "./run-list.js";

await report((situation) => runList({ msl, core, analysis }, situation));
