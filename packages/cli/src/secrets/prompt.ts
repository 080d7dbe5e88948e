/** Asks for a passphrase at the terminal, without showing the characters that are typed. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { MslError } from "@memslice/msl";
import { standardInputIsTaken } from "../streams/standard-input.js";
import { safeText } from "../terminal/safe-text.js";

/** Whether a user at a terminal can be asked. The question goes to standard error, because standard output is for data. */
export function canPrompt(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true && !standardInputIsTaken();
}

/** Throws `aborted` when the user interrupts or ends the input, or when the signal fires. */
export function promptForPassphrase(file: string, signal: AbortSignal): Promise<string> {
  return askUnseen(`Passphrase of ${safeText(file)}: `, signal);
}

/** Asks twice: a capture under a mistyped passphrase could never be opened. Throws `usage` if the answers differ, and `aborted`. */
export async function promptForNewPassphrase(file: string, signal: AbortSignal): Promise<string> {
  const passphrase = await askUnseen(`New passphrase of ${safeText(file)}: `, signal);
  if (passphrase === (await askUnseen("The same passphrase again: ", signal))) return passphrase;
  throw new MslError("usage", "The two passphrases differ; nothing was written");
}

/** Restores the echo of the terminal afterwards, also when a signal ends the process. */
async function askUnseen(question: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(question);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      const cancel = () => reject(new MslError("aborted", "The operation was cancelled"));
      terminal.once("line", resolve);
      terminal.once("SIGINT", cancel);
      terminal.once("close", cancel);
      signal.addEventListener("abort", cancel, { once: true });
    });
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
