/** The options of a series of captures, and the names of its files. */
import { MslError } from "@memslice/msl";
import type { OptionSpec, Options } from "../options.js";
import { durationOf } from "./wanted-process.js";

/** A series: how many captures, and how long it is from the start of one to the start of the next. */
export interface Series {
  readonly count: number;
  readonly everyMs: number;
}

export const SERIES_OPTIONS: Readonly<Record<"repeat" | "every", OptionSpec>> = {
  repeat: { type: "string", value: "N", help: "a series of N captures, with numbers in their names: OUT-1.msl, OUT-2.msl" },
  every: { type: "string", value: "TIME", help: "with --repeat: from start to start, such as 30, 500ms or 10m" },
};

const MOST = 10_000;

/** Undefined without --repeat. Throws `usage`. */
export function seriesOf({ repeat, every }: Options): Series | undefined {
  if (repeat === undefined) {
    if (every === undefined) return undefined;
    throw new MslError("usage", "--every is for a series: give --repeat N too");
  }
  const count = Number(repeat);
  if (!/^[0-9]{1,6}$/.test(String(repeat)) || count < 1 || count > MOST)
    throw new MslError("usage", `--repeat takes a number of captures from 1 to ${MOST}, not ${JSON.stringify(repeat)}`);
  if (every === undefined) throw new MslError("usage", "--repeat needs the time from one capture to the next: --every TIME");
  return { count, everyMs: durationOf("every", every) };
}

/** The names of the files: the number before `.msl`, with as many digits as the last one. */
export function seriesNames(out: string, count: number): string[] {
  const [, stem = out, ending = ""] = /^(.*[^/])(\.msl)$/.exec(out) ?? [];
  const digits = String(count).length;
  return Array.from({ length: count }, (_, index) => `${stem}-${String(index + 1).padStart(digits, "0")}${ending}`);
}
