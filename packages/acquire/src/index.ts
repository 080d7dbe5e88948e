/** The public API of @memslice/acquire, and nothing else. */
export { readProcMaps } from "./proc/read-proc-maps.js";
