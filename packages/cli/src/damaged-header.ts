/** Captures whose file header cannot be read, and whose blocks can: which commands read them, and the hint of those that do not. */
import { type Capture, type CaptureInput, MslError, type MslErrorCode, type OpenOptions, openCapture } from "@memslice/msl";

/** Errors about a file header with which no reader goes on. */
const OF_HEADER: ReadonlySet<MslErrorCode> = new Set<MslErrorCode>(["not-msl", "bad-header", "unsupported-version", "truncated"]);

/** `openCapture`; with `salvage` also for a damaged file header. An error about the header tells whether the blocks behind it can be saved. */
export async function openReadably(input: CaptureInput, { salvage, ...options }: OpenOptions): Promise<Capture> {
  if (salvage === true) {
    const { openDamagedCapture } = await import("@memslice/msl/repair");
    return openDamagedCapture(input, options);
  }
  return openCapture(input, options).catch((error: unknown) => withHint(error, input, options.signal));
}

/** Throws the error; one about the header of a file in which blocks are seen with the command that saves them. */
export async function withHint(error: unknown, input: CaptureInput, signal: AbortSignal | undefined): Promise<never> {
  if (!(error instanceof MslError) || !OF_HEADER.has(error.code)) throw error;
  const { holdsBlocks } = await import("@memslice/msl/repair");
  // The first error counts, also if the file cannot be read any more.
  const hasBlocks = await holdsBlocks(input, signal ? { signal } : {}).catch(() => false);
  if (!hasBlocks) throw error;
  const { code, message, offset } = error;
  const hint = "there are blocks in the file: `msl repair` writes them to a new capture, and --salvage reads them";
  throw new MslError(code, `${message}; ${hint}`, { ...(offset === undefined ? {} : { offset }), cause: error });
}
