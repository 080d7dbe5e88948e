/**
 * `@memslice/msl/work`: long work as this library does it, for packages that build on it. In slices, so that the event loop is never blocked for long and
 * signals are heard.
 */
export { throwIfAborted } from "./errors.js";
export { TimeSlice } from "./source/time-slice.js";
