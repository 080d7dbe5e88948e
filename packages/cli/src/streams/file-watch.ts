/** Tells whether somebody wrote to a file while a command read it. */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { MslError } from "@memslice/msl";

/** Throws `changed` if the file is not what it was. */
export type FileWatch = () => Promise<void>;

/**
 * Remembers size and time of the last change of a local file; undefined for what is none, such as a URL. The system counts that time in steps of up to 10 ms. A file that
 * another one has replaced under its name is what it was: the command has it open.
 */
export async function fileWatch(operand: string): Promise<FileWatch | undefined> {
  const before = await statusOf(operand);
  if (!before?.isFile()) return undefined;
  return async () => {
    const now = await statusOf(operand);
    if (!now || now.ino !== before.ino || now.dev !== before.dev) return;
    if (now.size === before.size && now.mtimeNs === before.mtimeNs) return;
    const found =
      now.size === before.size
        ? "the time of its last change is another one"
        : `it has ${now.size} bytes, and had ${before.size} at the beginning`;
    throw new MslError(
      "changed",
      `${operand} was changed while it was read: ${found}. The output may be made of bytes from before and after; copy the file to where nobody writes, and ask the copy`,
    );
  };
}

function statusOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}
