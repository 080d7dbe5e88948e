/**
 * All checks, in the order in which every runtime runs them. The first check examines the effects of importing the packages, so it must
 * stay first.
 */
import { ASKING } from "./asking.js";
import type { Check } from "./check.js";
import { HTTP } from "./http.js";
import { INPUTS } from "./inputs.js";
import { LOADING } from "./loading.js";
import { MEMORY } from "./memory.js";
import { READERS } from "./readers.js";
import { REFUSALS } from "./refusals.js";
import { SAMPLES } from "./samples.js";
import { VERIFICATION } from "./verification.js";
import { WRITING } from "./writing.js";

export const CHECKS: readonly Check[] = [
  ...LOADING,
  ...SAMPLES,
  ...VERIFICATION,
  ...MEMORY,
  ...ASKING,
  ...READERS,
  ...INPUTS,
  ...HTTP,
  ...REFUSALS,
  ...WRITING,
];
