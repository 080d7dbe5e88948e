/** Files that the system does not let the user read: which check failed, and what would allow it. */
import { statSync } from "node:fs";
import type { MslError } from "@memslice/msl";

const REFUSALS: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM"]);

/** Whether the system refused to let the user read a source. */
export function isNotPermitted(error: MslError): boolean {
  return error.code === "source" && refusalOf(error) !== undefined;
}

/** For example "; it belongs to user 0 and has mode 0600, and msl runs as user 1000: ...". Empty for other errors. */
export function permissionHint(error: MslError): string {
  const path = isNotPermitted(error) ? refusalOf(error)?.path : undefined;
  const user = process.getuid?.();
  if (path === undefined || user === undefined) return "";
  try {
    const { uid, mode } = statSync(path);
    const bits = (mode & 0o7777).toString(8).padStart(4, "0");
    return `; it belongs to user ${uid} and has mode ${bits}, and msl runs as user ${user}: run it as that user, or have a copy made that you may read`;
  } catch {
    return `; user ${user}, as whom msl runs, may not search one of its folders: run it as another user, or have a copy made that you may read`;
  }
}

function refusalOf({ cause }: MslError): NodeJS.ErrnoException | undefined {
  return cause instanceof Error && REFUSALS.has((cause as NodeJS.ErrnoException).code) ? cause : undefined;
}
