/** Processes as text and as JSON: enough to choose one. */
import type { ProcessDescription } from "@memslice/acquire";
import type { Channel } from "../output.js";
import { displayWidth, shortened } from "../terminal/display-width.js";
import { timeText } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";

/** Processes that are shown without --verbose. */
const SHOWN = 20;
/** Columns of a line where no terminal says it. */
const COLUMNS = 120;
const LEAST_COMMAND = 20;

/** `startTicks` is left out: it counts from the start of the system, and is for programs on it. */
export function processJson({ startTicks: _, startTimeNs, ...rest }: ProcessDescription): object {
  return { ...rest, startTimeNs: String(startTimeNs) };
}

/** A table of processes, in lines of the width of the terminal. */
export function candidatesText(processes: readonly ProcessDescription[], { verbose, width = COLUMNS }: Channel): string {
  const shown = verbose ? processes : processes.slice(0, SHOWN);
  const rows = [
    ["PID", "USER", "STARTED", "COMMAND"] as const,
    ...shown.map(({ pid, uid, user, startTimeNs, commandLine, name }) => {
      const command = commandLine === "" ? `[${name}]` : commandLine;
      return [String(pid), safeText(user === "" ? String(uid) : user), timeText(startTimeNs), safeText(command)] as const;
    }),
  ];
  const most = (column: 0 | 1 | 2) => Math.max(...rows.map((row) => displayWidth(row[column])));
  const [pids, users, times] = [most(0), most(1), most(2)];
  const padded = (text: string, columns: number) => text + " ".repeat(columns - displayWidth(text));
  const lines = rows.map(([pid, user, time, command]) =>
    [
      `  ${pid.padStart(pids)}  ${padded(user, users)}  ${padded(time, times)}  `,
      verbose ? command : shortened(command, Math.max(width - pids - users - times - 8, LEAST_COMMAND)),
    ].join(""),
  );
  if (shown.length < processes.length) lines.push(`  and ${processes.length - shown.length} more; -v shows all`);
  return `${lines.join("\n")}\n`;
}
