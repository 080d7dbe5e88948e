/** Runs the checks in a page whose import map names the packages. The situation is in the query; results are sent to the server. */
import "./hear-web-threads.js";
import { report } from "./report-results.js";
import { runList } from "./run-list.js";

// Imported here, after counting of WebAssembly has begun.
await report(async (situation) =>
  runList(
    {
      msl: await import("@memslice/msl"),
      core: await import("@memslice/core-wasm"),
      analysis: await import("@memslice/analysis"),
    },
    situation,
  ),
);
