import type { Finding } from "../../harness/findings.js";
import type { Scenario, ScenarioOptions } from "../../scenario.js";
import { EXPRESSIONS, NEEDLE } from "../../workloads/haystack.js";
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

const EXPRESSION_NAMES = Object.keys(EXPRESSIONS) as (keyof typeof EXPRESSIONS)[];

/** ripgrep counts lines: one needle stands in each. */
function expressionContest(name: keyof typeof EXPRESSIONS): Contest {
  const args = ["-a", "--no-unicode", "-c", "-e", EXPRESSIONS[name]];
  return {
    question: name,
    title: `search for a regular expression, ${name}`,
    peers: [
      {
        program: "rg",
        args: ({ raw }) => [...args, raw],
        named: args.join(" "),
        debian: "ripgrep",
        answer: printedNumber,
      },
    ],
    ours: [
      { threads: 1, bars: [] },
      { threads: 2, bars: [] },
    ],
    expected: ({ needles }) => String(needles),
    isSlow: true,
  };
}

async function* expressions(options: ScenarioOptions): AsyncGenerator<Finding> {
  for (const name of EXPRESSION_NAMES) yield* held(expressionContest(name), options);
}

export const search: Scenario = {
  name: "search",
  summary: "search for bytes and regular expressions in the memory of a capture, against grep and ripgrep",
  run: { fixed: (options) => held(FIXED, options), many: (options) => held(MANY, options), expressions },
};
