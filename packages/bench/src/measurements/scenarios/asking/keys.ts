import type { Scenario } from "../../scenario.js";
import { type Contest, held } from "./contest.js";

/** aeskeyfind prints a key for each schedule, looks at every byte, and takes half a minute for 1 GiB. */
const KEYS: Contest = {
  question: "keys",
  title: "AES key schedules",
  peers: [
    {
      program: "aeskeyfind",
      args: ({ raw }) => ["-q", raw],
      named: "-q",
      debian: "aeskeyfind",
      answer: (output) =>
        output
          .toString()
          .split("\n")
          .filter((line) => /^[0-9a-f]{32,64}$/.test(line))
          .sort()
          .join(","),
    },
  ],
  ours: [
    { threads: 1, bars: [] },
    { threads: 2, bars: [] },
  ],
  expected: ({ keys }) => keys.join(","),
  isSlow: true,
  mebibytes: 256,
};

export const keys: Scenario = {
  name: "keys",
  summary: "AES keys in the memory of a capture, against aeskeyfind",
  run: (options) => held(KEYS, options),
};
