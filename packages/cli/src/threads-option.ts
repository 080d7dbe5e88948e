/** `--threads`, as several commands have it. */
import { MslError } from "@memslice/msl";
import type { OptionValue } from "./options.js";

/** undefined where it is not given. Throws `usage` for what is no number of threads. */
export function threadsOption(value: OptionValue): number | "auto" | undefined {
  if (value === undefined || value === "auto") return value;
  const threads = Number(value);
  if (/^[0-9]+$/.test(String(value)) && threads >= 1 && threads <= 64) return threads;
  throw new MslError("usage", `--threads takes auto or a number from 1 to 64, not ${JSON.stringify(value)}`);
}
