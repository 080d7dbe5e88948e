/** OUT of the commands that rewrite a capture, `transcode` and `repair`: secrets of both files, progress, and a file that is complete or not there. */
import {
  type CaptureInput,
  type KeyMaterial,
  type KeyProvider,
  MslError,
  type Sink,
  shownAddress,
  type TranscodeOptions,
  type TranscodeReport,
} from "@memslice/msl";
import type { Invocation } from "../command.js";
import { ExitStatus } from "../exit-status.js";
import { withRandomAccess } from "../for-each-file.js";
import { forgetKeys, keysGiven } from "../secrets/key-options.js";
import { forgetEncryption, outputEncryption } from "../secrets/output-secret.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";
import { withOutputFile } from "./output-file.js";

/** What the command line says about the secrets of both files, and how the work is cancelled and shown. */
interface RewriteOptions extends Pick<TranscodeOptions, "encryption" | "signal" | "onProgress"> {
  readonly keys: KeyMaterial | KeyProvider;
}

/** Calls `write` with `source` and a sink for `target`, and forgets the secrets afterwards. Throws `usage` for options that make no sense, and what `write` throws. */
export async function rewrittenFile<R>(
  source: string,
  target: string,
  invocation: Invocation,
  write: (input: CaptureInput, sink: Sink, options: RewriteOptions) => Promise<R>,
): Promise<R> {
  const { options, output, signal } = invocation;
  const shown = shownAddress(source);
  const encryption = await outputEncryption(invocation, target);
  const progress = new Progress(safeText(shown), output.quiet);
  const keys = await keysGiven(invocation, shown);
  const request = { source, target, force: options["force"] === true, output };
  return withOutputFile(request, (sink) =>
    withRandomAccess(source, invocation, (input) =>
      write(input, sink, { encryption, keys, signal, onProgress: progress.update }).catch((error: unknown) => {
        throw naming(shown, error);
      }),
    ),
  ).finally(() => {
    progress.done();
    forgetKeys(keys);
    forgetEncryption(encryption);
  });
}

/** Errors that are not about the content of the source: their messages name the file, or the option, that they are about. */
const NAMED_ALREADY: ReadonlySet<string> = new Set(["usage", "source", "sink", "aborted"]);

/** An error about the source with its name: the command has two files. */
export function naming(source: string, error: unknown): unknown {
  if (!(error instanceof MslError) || NAMED_ALREADY.has(error.code) || error.message.includes(source)) return error;
  const { code, message, offset, block, cause = error } = error;
  return new MslError(code, `${source}: ${message}`, {
    ...(offset === undefined ? {} : { offset }),
    ...(block === undefined ? {} : { block }),
    cause,
  });
}

/** The exit status of a rewriting: 1 if the hashes of the source do not match, 4 if the new file lacks something. */
export function rewrittenStatus({ source, complete }: Pick<TranscodeReport, "source" | "complete">): ExitStatus {
  if (source.integrity?.outcome === "altered") return ExitStatus.Finding;
  return complete ? ExitStatus.Done : ExitStatus.Incomplete;
}
