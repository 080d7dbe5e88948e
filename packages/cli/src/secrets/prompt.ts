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

/** Throws `aborted` when the user interrupts or ends the input, or the signal fires. */
export function promptForPassphrase(file: string, signal: AbortSignal): Promise<string> {
  return askUnseen(`Passphrase of ${safeText(file)}: `, signal);
}

/** Asks twice, since nobody can read what a mistyped passphrase protects. Throws `usage` where the answers differ, `aborted`. */
export async function promptForNewPassphrase(file: string, signal: AbortSignal): Promise<string> {
  const passphrase = await askUnseen(`New passphrase of ${safeText(file)}: `, signal);
  if (passphrase === (await askUnseen("The same again: ", signal))) return passphrase;
  throw new MslError("usage", "The two passphrases differ; nothing was written");
}

/** The terminal shows what is typed again afterwards, also when a signal ends the process. */
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
