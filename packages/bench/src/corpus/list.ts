/** All sound captures, in the order in which they are made. */

import type { CaptureKind } from "./capture-kind.js";
import { HUGE_BLOCK, MANY_REGIONS, SMALL_BLOCKS } from "./captures/big.js";
import { COMPRESSED } from "./captures/compressed.js";
import { CONTINUATION } from "./captures/continuation.js";
import { ENCRYPTED } from "./captures/encrypted.js";
import { IMPORT_ELF, IMPORT_RAW } from "./captures/imported.js";
import { INVESTIGATION, INVESTIGATION_BARE } from "./captures/investigation.js";
import { HASH_ALGORITHMS, MINIMAL, PLAIN } from "./captures/live.js";
import { PAGE_SIZES, PARTIAL_FAILURE } from "./captures/partial-failure.js";
import { THREADS } from "./captures/threads.js";

export const CAPTURES: readonly CaptureKind[] = [
  MINIMAL,
  PLAIN,
  ...HASH_ALGORITHMS,
  ...COMPRESSED,
  PARTIAL_FAILURE,
  PAGE_SIZES,
  CONTINUATION,
  INVESTIGATION,
  INVESTIGATION_BARE,
  ...THREADS,
  IMPORT_ELF,
  IMPORT_RAW,
  ...ENCRYPTED,
  SMALL_BLOCKS,
  MANY_REGIONS,
  HUGE_BLOCK,
];
