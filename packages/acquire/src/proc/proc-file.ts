/** Reads the small files of /proc, and says in words why one cannot be read. */
import { readFileSync, readlinkSync } from "node:fs";
import { MslError } from "@memslice/msl";

/** The text of a file of /proc. Throws `source` naming the file and the system's reason. */
export function procText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The text of a file of /proc; undefined if it is not there or may not be read. */
export function procTextIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** The target of a link of /proc; undefined if it is not there or may not be read. */
export function procLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The bytes of a text that `procText` returned, as UTF-8. Bytes that are no UTF-8 become U+FFFD. */
export function decoded(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

/** The errno name of a failed system call, such as EACCES; undefined for other errors. */
export function errnoOf(cause: unknown): string | undefined {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}

export function unreadable(path: string, cause: unknown): MslError {
  return new MslError("source", `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
