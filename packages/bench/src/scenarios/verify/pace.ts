import type { Pace } from "../../harness/rounds.js";

/** How hashing is timed. The warm-up outlasts the compilation of large kernels in the background, on a busy machine too. */
export function hashingPace(quick: boolean): Pace {
  return {
    rounds: quick ? 6 : 15,
    attempts: quick ? 1 : 3,
    warmUpSeconds: quick ? 0.25 : 1,
    leadInSeconds: quick ? 0.02 : 0.05,
    sampleSeconds: quick ? 0.03 : 0.06,
  };
}
