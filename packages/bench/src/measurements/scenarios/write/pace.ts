import type { Pace } from "../../harness/rounds.js";

/** The pace of writing: a run writes one whole capture. */
export function writingPace(quick: boolean): Pace {
  return {
    rounds: quick ? 6 : 15,
    attempts: quick ? 1 : 2,
    warmUpSeconds: quick ? 0.1 : 0.5,
    leadInSeconds: quick ? 0 : 0.03,
    sampleSeconds: quick ? 0.02 : 0.06,
  };
}
