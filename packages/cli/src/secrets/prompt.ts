/** Asks for a passphrase at the terminal, without showing it. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { MslError } from "@memslice/msl";
import { standardInputIsTaken } from "../streams/standard-input.js";
import { safeText } from "../terminal/safe-text.js";

/** Whether there is someone to ask: the question goes to standard error, since standard output is for data. */
export function canPrompt(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true && !standardInputIsTaken();
}

/** Throws `aborted` when the user interrupts or ends the input. */
export async function promptForPassphrase(file: string): Promise<string> {
  process.stderr.write(`Passphrase of ${safeText(file)}: `);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      terminal.once("line", resolve);
      terminal.once("SIGINT", () => reject(new MslError("aborted", "The operation was cancelled")));
      terminal.once("close", () => reject(new MslError("aborted", "The operation was cancelled")));
    });
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
