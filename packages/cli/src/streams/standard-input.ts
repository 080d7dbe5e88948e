/** Standard input can be read only once: as a capture, as a secret, or by the prompt for a passphrase. */
import { type BigIntStats, fstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { MslError } from "@memslice/msl";

/** The operand that means standard input or standard output. */
export const DASH = "-";

let reader: string | undefined;

/** Returns standard input for one use, such as "a capture". Throws `usage` if standard input has another use already. */
export function takeStandardInput(use: string): Readable {
  if (reader !== undefined) {
    throw new MslError("usage", `Standard input is read as ${reader}, and cannot be read again as ${use}`);
  }
  reader = use;
  return process.stdin;
}

/** Whether standard input is read as a capture or a secret: then no question can be asked at the terminal. */
export function standardInputIsTaken(): boolean {
  return reader !== undefined;
}

/** Whether a word means standard input: `-`, or a path such as /dev/stdin to the same pipe, socket, terminal or file. */
export async function meansStandardInput(word: string): Promise<boolean> {
  if (word === DASH) return true;
  const status = await stat(word, { bigint: true }).catch(() => undefined);
  return status !== undefined && isStandardInput(status);
}

export function isStandardInput({ dev, ino }: BigIntStats): boolean {
  const input = fstatSync(0, { bigint: true });
  return input.dev === dev && input.ino === ino;
}
