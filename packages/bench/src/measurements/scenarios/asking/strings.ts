import type { Scenario } from "../../scenario.js";
import { type Contest, held, printedLines } from "./contest.js";

const STRINGS: Contest = {
  question: "strings",
  title: "strings of 6 characters of ASCII or more",
  peers: [{ program: "strings", args: ({ raw }) => ["-n", "6", raw], named: "-n 6", debian: "binutils", answer: printedLines }],
  ours: [
    { threads: 1, bars: [{ atLeast: 3 }] },
    { threads: 2, bars: [{ atLeast: 5 }] },
  ],
  command: ({ capture }) => ["strings", capture, "-n", "6", "--encoding", "ascii", "--count"],
};

export const strings: Scenario = {
  name: "strings",
  summary: "strings in the memory of a capture, against GNU strings",
  run: (options) => held(STRINGS, options),
};
