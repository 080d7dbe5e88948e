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
export function promptForPassphrase(file: string): Promise<string> {
  return askUnseen(`Passphrase of ${safeText(file)}: `);
}

/** Asks twice, since nobody can read what a mistyped passphrase protects. Throws `usage` where the answers differ, `aborted`. */
export async function promptForNewPassphrase(file: string): Promise<string> {
  const passphrase = await askUnseen(`New passphrase of ${safeText(file)}: `);
  if (passphrase === (await askUnseen("The same again: "))) return passphrase;
  throw new MslError("usage", "The two passphrases differ; nothing was written");
}

async function askUnseen(question: string): Promise<string> {
  process.stderr.write(question);
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
