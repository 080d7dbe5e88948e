/** Which process `msl capture` is to capture: its pid, or a name that has to mean one process. */
import { MslError } from "@memslice/msl";
import type { OptionSpec, Options, OptionValue } from "../options.js";

export const WANTED_OPTIONS: Readonly<Record<"name" | "wait" | "timeout", OptionSpec>> = {
  name: {
    type: "string",
    value: "NAME",
    help: "in place of PID: the process with exactly this name, or whose program's file has it",
  },
  wait: { type: "boolean", help: "wait until a process with the name of --name runs" },
  timeout: { type: "string", value: "TIME", help: "with --wait: no longer than this, such as 90, 500ms or 10m" },
};

export type WantedProcess = { readonly pid: number } | WantedName;

export interface WantedName {
  readonly name: string;
  /** undefined: it has to run already. */
  readonly waitMs: number | undefined;
}

/** Throws `usage` unless exactly one process is asked for. */
export function wantedProcess(words: readonly string[], options: Options): WantedProcess {
  const { name, wait, timeout } = options;
  if (name === undefined) {
    if (wait === true) throw new MslError("usage", "--wait waits for a process by its name: give --name NAME too");
    if (timeout !== undefined) throw new MslError("usage", "--timeout is for --wait");
    return { pid: pidOf(words) };
  }
  if (words.length > 0) throw new MslError("usage", "--name NAME takes the place of the PID: give one of them");
  if (name === "") throw new MslError("usage", "--name takes the name of a process, and it is empty");
  if (timeout !== undefined && wait !== true) throw new MslError("usage", "--timeout is for --wait");
  return { name: String(name), waitMs: wait === true ? timeoutOf(timeout) : undefined };
}

function pidOf([word, ...others]: readonly string[]): number {
  if (word === undefined || others.length > 0)
    throw new MslError("usage", "msl capture needs one PID, or --name NAME; see: msl help capture");
  const pid = Number(word);
  if (/^[0-9]{1,10}$/.test(word) && pid > 0) return pid;
  throw new MslError("usage", `${JSON.stringify(word)} is no process id, expected a whole number from 1 on; --name takes a name`);
}

function timeoutOf(value: OptionValue): number {
  return value === undefined ? Number.POSITIVE_INFINITY : durationOf("timeout", value);
}

const MS_OF = { ms: 1, "": 1000, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds. Throws `usage` for words that are no time. */
export function durationOf(option: string, value: OptionValue): number {
  const [, digits, unit = ""] = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|)$/.exec(String(value)) ?? [];
  if (digits !== undefined) return Number(digits) * MS_OF[unit as keyof typeof MS_OF];
  throw new MslError(
    "usage",
    `--${option} takes a time in seconds, or with a unit: 90, 500ms, 10m, 2h; not ${JSON.stringify(value)}`,
  );
}
