/** What the output of every command must be: JSON as its schema says, nothing that controls the terminal, and a documented status. */
import type { Command } from "../src/command.js";
import { lineMisfits, misfits } from "./json-validation.js";
import type { Result } from "./run-msl.js";

/** Control characters except the line feed, and what else a terminal may obey or hide. */
const UNSAFE = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const ESCAPE = String.fromCharCode(0x1b);
/** The codes of `msl` for bold, red, green and yellow, and for their ends. */
const OWN_COLORS = ["1", "22", "31", "32", "33", "39"].map((code) => `${ESCAPE}[${code}m`);

/** The forms in which a command prints: text without and with colours, and those that its options name. */
export function formsOf({ name, options }: Command, line: string): readonly (readonly string[])[] {
  const several = line.includes("FILES");
  // Finding keys prints no table.
  const excluded = [...(several ? ["json"] : []), ...(name === "keys" && line.includes("--find") ? ["csv"] : [])];
  const offered = ["json", "ndjson", "csv"].filter((form) => form in options && !excluded.includes(form));
  return [["--color", "never"], ["--color", "always"], ...offered.map((form) => [`--${form}`])];
}

/** 0, the statuses that the help of the command names, and 2 and 3, which files have that cannot be opened or are no captures. */
function documentedStatuses({ details }: Command): ReadonlySet<number> {
  const paragraphs = details.filter((detail) => typeof detail === "string" && detail.startsWith("Exit status"));
  const named = paragraphs.flatMap((text) =>
    [...String(text).matchAll(/(?:: |, |; |also )(\d+) /g)].map(([, digits]) => Number(digits)),
  );
  return new Set([0, 2, 3, 5, ...named]);
}

/** Sentences about what the output of a command must not have, and about a status that its help does not name. */
export function faultsOf(command: Command, form: readonly string[], { stdout, stderr, status }: Result): string[] {
  const printed = `${stdout}${stderr}`;
  const shown = form.includes("always") ? OWN_COLORS.reduce((text, code) => text.replaceAll(code, ""), printed) : printed;
  const found = UNSAFE.exec(shown);
  const lines = form.includes("--ndjson") ? stdout.split("\n").filter((line) => line !== "") : [];
  return [
    ...(found ? [`unsafe: ${JSON.stringify(shown.slice(Math.max(0, found.index - 40), found.index + 40))}`] : []),
    ...(documentedStatuses(command).has(Number(status)) ? [] : [`status ${status} is not documented`]),
    ...(/\n\s+at |Unexpected failure/.test(stderr) ? [`not for users: ${stderr}`] : []),
    ...lines.flatMap((line) => lineMisfits(command.name, line).map((misfit) => `${misfit} in ${line.slice(0, 200)}`)),
    ...(form.includes("--json") ? misfits(command.name, JSON.parse(stdout)) : []),
  ];
}
