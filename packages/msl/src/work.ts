/**
 * `@memslice/msl/work`: what packages that build on this library have in common with it. Long work in slices, so that the event loop is never blocked for long
 * and signals are heard; work in workers; tables of options, by which unknown options and wrong values are refused; sources, digests and sinks.
 */

export { isZeroFilled } from "#hash";
export { availableThreads } from "#threads";
export { concatenated } from "./bytes.js";
export { counted } from "./counted.js";
export { sealingSecretOf, withOwnSecrets, zeroSecrets } from "./encryption/sealing-keys.js";
export { MslError, throwIfAborted } from "./errors.js";
export { U64_MOST } from "./format/layout/fields.js";
export { hexText } from "./format/layout/uuid-text.js";
export { ADDRESS_SPACE_END } from "./format/payloads/memory-region.js";
export { createHasher, type FileHasher, HashAlgo } from "./hash/hash-algorithm.js";
export { startThreadedDigest, type ThreadedDigest } from "./hash/threaded-digest.js";
export { AddressSpace } from "./memory/address-space.js";
export {
  type OverlappedParts,
  type OverlappedRegion,
  overlappedParts,
  overlappedRegions,
} from "./memory/overlapped-regions.js";
export {
  bigint,
  bytes,
  type Check,
  type Checks,
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
export { ENCRYPTION, SEAL_RANDOMNESS } from "./options/keys.js";
export { HTTP, HTTP_SOURCE, THREADS } from "./options/reading.js";
export { optionsFor, refusalOf, requireOptions } from "./options/require-options.js";
export { WRITER, WRITING } from "./options/writing.js";
export { openSourceOf } from "./read/open-capture.js";
export { type Begun, isWorkOfAnyRealm, runAtOnce, type SlicedWork } from "./sliced-work.js";
export { untilAborted } from "./source/cancellable-work.js";
export { PinnedSource } from "./source/pinned-source.js";
export { ProgressMeter, readAhead } from "./source/read-ahead.js";
export { readInto } from "./source/source.js";
export { runInSlices, sortInSlices, TimeSlice } from "./source/time-slice.js";
export { reasonWithoutThreads, threadReason, threadUse } from "./threads/thread-use.js";
export { answerJobs, automaticThreads, type OpenFile, type StartingThread, type WorkerScript } from "./threads/threads.js";
export { type Assignment, WorkerTeam } from "./threads/worker-team.js";
export { closedOnce } from "./transcode/transcode.js";
export { digestJson, digestSentence } from "./verify/describe.js";
export { digestOf, FileDigester } from "./verify/file-digest.js";
export { PendingCalls } from "./write/call-queue.js";
export { now } from "./write/options.js";
export { sinkOf } from "./write/sink.js";
