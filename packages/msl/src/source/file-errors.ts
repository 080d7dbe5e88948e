/** What goes wrong while a file is read, in the same words for every way of reading it. */
import { MslError } from "../errors.js";

export function shortenedFile(path: string, offset: number): MslError {
  return new MslError("truncated", `${path} became shorter while it was read: there is nothing at offset ${offset} any more`, {
    offset,
  });
}

export function unreadableFile(path: string, offset: number, cause: unknown): MslError {
  return new MslError("source", `${path} cannot be read at offset ${offset}: ${(cause as Error).message}`, { offset, cause });
}
