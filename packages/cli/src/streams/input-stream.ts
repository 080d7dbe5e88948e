/** Operands that can be read only once, front to back: standard input, pipes, sockets and devices, under any name. */
import { constants, createReadStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { addAbortSignal, type Readable } from "node:stream";
import { MslError } from "@memslice/msl";
import { DASH, isStandardInput, takeStandardInput } from "./standard-input.js";

/**
 * The stream that an operand names; undefined for a file, a URL and a path that does not exist, which the library opens or refuses. Throws
 * `usage`, `source`.
 */
export async function inputStream(word: string, signal: AbortSignal): Promise<Readable | undefined> {
  const stream = word === DASH ? takeStandardInput("a capture") : await streamOfPath(word);
  // The iteration over the stream throws its error. This handler keeps an abort before the iteration from ending the process.
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

/** Opens a pipe without waiting for a writer, and reads it by the event loop: a system call that blocks could not be cancelled. */
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
