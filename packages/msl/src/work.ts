/**
 * `@memslice/msl/work`: what packages that build on this library have in common with it. Long work in slices, so that the event loop is never blocked for long
 * and signals are heard; work in workers; and tables of options, by which unknown options and wrong values are refused.
 */

export { availableThreads } from "#threads";
export { MslError, throwIfAborted } from "./errors.js";
export {
  bigint,
  bytes,
  type Check,
  callback,
  checksOf,
  countOf,
  either,
  flag,
  integer,
  listOf,
  methods,
  type OptionTable,
  objectOf,
  oneOf,
  required,
  signal,
  tableOf,
  text,
  value,
} from "./options/checks.js";
export { THREADS } from "./options/reading.js";
export { requireOptions } from "./options/require-options.js";
export { type Begun, isWorkOfAnyRealm, runAtOnce, type SlicedWork } from "./sliced-work.js";
export { untilAborted } from "./source/cancellable-work.js";
export { ProgressMeter } from "./source/read-ahead.js";
export { runInSlices, sortInSlices, TimeSlice } from "./source/time-slice.js";
export { reasonWithoutThreads, threadReason, threadUse } from "./threads/thread-use.js";
export { answerJobs, automaticThreads, type OpenFile, type StartingThread, type WorkerScript } from "./threads/threads.js";
export { type Assignment, WorkerTeam } from "./threads/worker-team.js";
