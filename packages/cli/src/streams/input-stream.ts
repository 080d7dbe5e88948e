/** Operands that can only be read once, front to back: standard input, pipes, sockets and devices, whatever their names are. */
import { constants, createReadStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { addAbortSignal, type Readable } from "node:stream";
import { MslError } from "@memslice/msl";
import { DASH, isStandardInput, takeStandardInput } from "./standard-input.js";

/** The stream that an operand names; undefined for what the library opens: files and URLs, and names of nothing. Throws `usage`, `source`. */
export async function inputStream(word: string, signal: AbortSignal): Promise<Readable | undefined> {
  const stream = word === DASH ? takeStandardInput("a capture") : await streamOfPath(word);
  // Who iterates over the stream gets its error; an abort before that must not end the process as an event that nobody hears.
  stream?.on("error", () => {});
  return stream && addAbortSignal(signal, stream);
}

async function streamOfPath(path: string): Promise<Readable | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  const isStream = status && (status.isFIFO() || status.isSocket() || status.isCharacterDevice());
  if (!isStream) return undefined;
  if (isStandardInput(status)) return takeStandardInput("a capture");
  return status.isFIFO() ? openPipe(path) : createReadStream(path);
}

/** Without waiting for a writer, and read by the event loop: a call of the system that waits could not be cancelled. */
function openPipe(path: string): Readable {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (cause) {
    throw new MslError("source", `${path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
