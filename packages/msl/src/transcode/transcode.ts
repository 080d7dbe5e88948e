/** Rewrites a capture of any dialect as a conforming capture of the specification 1.1, and reports every difference. */

import { type EncryptionOptions, sealingSecretOf, withOwnSecrets, zeroSecrets } from "../encryption/sealing-keys.js";
import { throwIfAborted } from "../errors.js";
import { OPEN_CAPTURE } from "../options/reading.js";
import { optionsFor, refusalOf } from "../options/require-options.js";
import { TRANSCODE } from "../options/transcoding.js";
import type { Capture } from "../read/capture.js";
import type { CaptureInput } from "../read/capture-input.js";
import { openCapture } from "../read/open-capture.js";
import { type Sink, type SinkInput, sinkOf } from "../write/sink.js";
import { peerOf, type TranscodeOptions } from "./options.js";
import type { TranscodeReport } from "./report.js";

/**
 * Writes the content of `source` to `sink` as a 1.1 capture: another compression or hash algorithm, encrypted, fields left empty, regions and
 * kinds of blocks selected. Page data and page states stay as they are, bit for bit. The report names every page that cannot, and all other differences.
 *
 * The source is read twice, and a third time for its hashes; page data is streamed. All passes have to find the same bytes: a source that
 * changes in between is an error, `changed`. The sink is closed in any case; of the sources, all but a `Capture` that was opened before.
 * Throws like `openCapture` and `MslWriter`; then the sink has no finished capture.
 */
export async function transcode(
  source: CaptureInput | Capture,
  sink: SinkInput,
  options: TranscodeOptions = {},
): Promise<TranscodeReport> {
  const output = closedOnce(sinkOf(sink));
  const refusal = refusalOf(TRANSCODE, options);
  if (refusal) {
    await output.close();
    throw refusal;
  }
  let encryption: EncryptionOptions | undefined;
  try {
    if (options.encryption !== undefined) {
      // Throws for a wrong key before the source is read. The secrets are copied: the caller may change or zero its own meanwhile.
      sealingSecretOf(options.encryption);
      encryption = withOwnSecrets(options.encryption);
    }
    peerOf(options);
    const asked = { ...options, encryption };
    const { isCapture, transcodeCapture } = await import("./transcode-capture.js");
    // Read anew: bytes that were read before may differ from the bytes that are verified and copied.
    if (isCapture(source)) return await transcodeCapture(await source.pinned(options.signal), output, asked);
    const { onProgress, codecs = {} } = options;
    const { encodeZstd: _, encodeLz4Block: __, ...decoders } = codecs;
    const capture = await openCapture(source, {
      ...optionsFor(OPEN_CAPTURE, options),
      codecs: decoders,
      pin: true,
      onProgress: (progress) => onProgress?.({ phase: "open", ...progress }),
    });
    try {
      return await transcodeCapture(capture, output, asked);
    } finally {
      await capture.close();
    }
  } catch (error) {
    // An error that follows from a cancelled read is reported as the cancelling.
    throwIfAborted(options.signal);
    throw error;
  } finally {
    if (encryption) zeroSecrets(encryption);
    await output.close();
  }
}

/** The sink, whose `close` is called once however often it is asked for. */
export function closedOnce(sink: Sink): Sink & {
  /** Closes the sink the first time; later calls do nothing. */
  close(): Promise<void>;
} {
  let closed = false;
  return {
    flushPolicy: sink.flushPolicy,
    keepsBytes: sink.keepsBytes,
    write: (bytes) => sink.write(bytes),
    flush: () => sink.flush?.(),
    close: async () => {
      if (closed) return;
      closed = true;
      await sink.close?.();
    },
  };
}
