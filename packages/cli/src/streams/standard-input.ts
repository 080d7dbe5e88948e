/** Standard input can be read once, by one of those who could want it: a capture, a secret, or the prompt. */
import { type BigIntStats, fstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { MslError } from "@memslice/msl";

/** The operand that means standard input or standard output. */
export const DASH = "-";

let reader: string | undefined;

/** Hands out standard input for what `use` says, e.g. "a capture". Throws `usage` when it has been handed out before. */
export function takeStandardInput(use: string): Readable {
  if (reader !== undefined) {
    throw new MslError("usage", `Standard input is read as ${reader}, and cannot be read again as ${use}`);
  }
  reader = use;
  return process.stdin;
}

/** Whether somebody else reads standard input, so that nobody at the terminal can be asked. */
export function standardInputIsTaken(): boolean {
  return reader !== undefined;
}

/** Whether a word means standard input: `-`, or a name such as /dev/stdin for the same pipe, socket, terminal or file. */
export async function meansStandardInput(word: string): Promise<boolean> {
  if (word === DASH) return true;
  const status = await stat(word, { bigint: true }).catch(() => undefined);
  return status !== undefined && isStandardInput(status);
}

export function isStandardInput({ dev, ino }: BigIntStats): boolean {
  const input = fstatSync(0, { bigint: true });
  return input.dev === dev && input.ino === ino;
}
