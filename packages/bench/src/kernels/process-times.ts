/** What a process that times kernels prints, one line per kernel. */
import type { PairTimes } from "../harness/short-rounds.js";

export interface ProcessTimes {
  readonly kernel: string;
  readonly ours: string;
  readonly peer: string;
  readonly times: PairTimes;
}

/** Seconds per kernel. */
export interface KernelPace {
  /** Only kernels whose peers are alike. */
  readonly onlyAlike: boolean;
  readonly warmUp: number;
  readonly rounds: number;
}
