/** For a page whose import map names the packages: the situation stands in the query, results go back to the server. */
import "./hear-web-threads.js";
import { report } from "./report-results.js";
import { runList } from "./run-list.js";

// Imported when the counting of WebAssembly has begun.
await report(async (situation) =>
  runList({ msl: await import("@memslice/msl"), core: await import("@memslice/core-wasm") }, situation),
);
