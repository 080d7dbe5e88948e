import type { Scenario } from "../../scenario.js";
import { NEEDLE } from "../../workloads/haystack.js";
import { type Contest, held, printedNumber } from "./contest.js";

const FIXED: Contest = {
  question: "search",
  title: "search for fixed bytes",
  peers: [
    {
      program: "grep",
      args: ({ raw }) => ["-c", "-a", "-F", NEEDLE, raw],
      named: "-c -a -F",
      debian: "grep",
      answer: printedNumber,
    },
    {
      program: "rg",
      args: ({ raw }) => ["-a", "-c", "-F", NEEDLE, raw],
      named: "-a -c -F",
      debian: "ripgrep",
      answer: printedNumber,
    },
  ],
  ours: [
    { threads: 1, bars: [] },
    { threads: 2, bars: [{ atLeast: 1 }, { atLeast: 0.6 }] },
    { threads: 4, bars: [] },
  ],
  expected: ({ needles }) => String(needles),
  command: ({ capture }) => ["search", capture, "--text", NEEDLE, "--count"],
};

const MANY: Contest = {
  question: "many",
  title: "search for 1,000 patterns",
  peers: [
    {
      program: "grep",
      args: ({ raw, patterns }) => ["-c", "-a", "-F", "-f", patterns, raw],
      named: "-c -a -F -f",
      debian: "grep",
      answer: printedNumber,
    },
  ],
  ours: [
    { threads: 1, bars: [{ atLeast: 3 }] },
    { threads: 2, bars: [{ atLeast: 3 }] },
  ],
  expected: ({ needles }) => String(needles),
  isSlow: true,
};

export const search: Scenario = {
  name: "search",
  summary: "search for bytes in the memory of a capture, against grep and ripgrep",
  run: { fixed: (options) => held(FIXED, options), many: (options) => held(MANY, options) },
};
