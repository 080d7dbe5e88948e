/**
 * `@memslice/msl/work`: long work as this library does it, for packages that build on it. In slices, so that the event loop is never blocked for long and
 * signals are heard; and in workers.
 */

export { availableThreads } from "#threads";
export { MslError, throwIfAborted } from "./errors.js";
export { type Begun, isWorkOfAnyRealm, runAtOnce, type SlicedWork } from "./sliced-work.js";
export { untilAborted } from "./source/cancellable-work.js";
export { ProgressMeter } from "./source/read-ahead.js";
export { runInSlices, sortInSlices, TimeSlice } from "./source/time-slice.js";
export { reasonWithoutThreads, threadReason, threadUse } from "./threads/thread-use.js";
export { answerJobs, automaticThreads, type OpenFile, type StartingThread, type WorkerScript } from "./threads/threads.js";
export { type Assignment, WorkerTeam } from "./threads/worker-team.js";
