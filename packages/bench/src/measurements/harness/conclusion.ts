/** What a run of scenarios comes to: which values are worse than their bars, which cannot be measured on this machine, and the exit status. */
import { Status } from "../command-line.js";
import type { ScenarioRecord } from "./document.js";
import { type Bar, type Entry, type FigureFinding, type Finding, isWrong, meets, verdictOn } from "./findings.js";
import type { Ratio } from "./statistics.js";
import { figureText, limitsText, numberText } from "./text.js";

/**
 * `worse`: certainly worse than the bar on any machine. `missed`: worse than the bar, but the machine may be the reason. `undecided`: the
 * value is not known well enough.
 */
type Standing = "worse" | "missed" | "undecided";

interface Doubt {
  readonly standing: Standing;
  readonly sentence: string;
}

export interface Conclusion {
  readonly status: (typeof Status)["Done" | "NotMet" | "Inconclusive"];
  readonly lines: readonly string[];
}

/** Units of figures that grow with the load of the machine: their bars hold on the idle machine of docs/benchmarks.md. */
const UNITS_OF_TIME = ["us", "ms", "of the time of a bare Node process"];

/**
 * Without `strict`, the status is `NotMet` only for a value that is certainly worse than its bar, or a capture that is read wrongly. With
 * `strict`, it is `NotMet` for every bar that is missed, and `Inconclusive` if none is missed and a value cannot be measured.
 */
export function conclude(records: readonly ScenarioRecord[], strict: boolean): Conclusion {
  const doubts = records.flatMap(({ name, findings }) => findings.flatMap((finding) => doubtsAbout(name, finding)));
  const worse = doubts.filter(({ standing }) => standing === "worse");
  const untold = doubts.filter(({ standing }) => standing !== "worse");
  const wrong = records.some(({ findings }) => findings.some(isWrong));
  const lines = [
    ...(untold.length > 0 ? ["Cannot be told on this machine:", ...untold.map(({ sentence }) => `  ${sentence}`)] : []),
    ...(worse.length > 0 ? ["Worse than the bar:", ...worse.map(({ sentence }) => `  ${sentence}`)] : []),
    ...(wrong ? ["A capture is read wrongly."] : []),
    ...(worse.length === 0 && !wrong ? ["Nothing is worse than its bar."] : []),
  ];
  return { status: statusOf(doubts, wrong, strict), lines };
}

function statusOf(doubts: readonly Doubt[], wrong: boolean, strict: boolean): Conclusion["status"] {
  const failing: readonly Standing[] = strict ? ["worse", "missed"] : ["worse"];
  if (wrong || doubts.some(({ standing }) => failing.includes(standing))) return Status.NotMet;
  return strict && doubts.length > 0 ? Status.Inconclusive : Status.Done;
}

function doubtsAbout(scenario: string, finding: Finding): Doubt[] {
  if (finding.kind === "capture") return [];
  const doubts = finding.kind === "figure" ? [figureDoubt(finding)] : finding.entries.map(entryDoubt);
  return doubts
    .filter((doubt) => doubt !== undefined)
    .map(({ standing, sentence }) => ({ standing, sentence: `${scenario}: ${finding.title}${sentence}` }));
}

function figureDoubt({ value, unit, bar }: FigureFinding): Doubt | undefined {
  if (!bar || meets(value, bar)) return undefined;
  const sentence = `: ${figureText(value)} ${unit}, bar: ${limitsText(bar, "")}`;
  if (!UNITS_OF_TIME.includes(unit)) return { standing: "worse", sentence };
  return { standing: "missed", sentence: `${sentence}; the bar is for the idle machine of docs/benchmarks.md` };
}

function entryDoubt({ name, ratio, bar, problem = "no ratio" }: Entry): Doubt | undefined {
  const about = `, against ${name}: `;
  if (!ratio) return bar && { standing: "missed", sentence: `${about}not measured, ${problem}` };
  const limits = bar ? `, bar: ${limitsText(bar, "x")}` : "";
  const range = `${numberText(ratio.low)} .. ${numberText(ratio.high)}`;
  if (bar && isBeyond(ratio, bar)) return { standing: "worse", sentence: `${about}${range}${limits}` };
  if (!ratio.supported) return { standing: "undecided", sentence: `${about}the rounds differ too much, ${range}${limits}` };
  if (!bar || verdictOn(ratio, bar) === "met") return undefined;
  return { standing: "missed", sentence: `${about}${numberText(ratio.median)}, but it may be ${range}${limits}` };
}

/** Whether the whole interval of the ratio misses the bar. */
function isBeyond({ low, median, high }: Ratio, bar: Bar): boolean {
  return [low, median, high].every((value) => !meets(value, bar));
}
