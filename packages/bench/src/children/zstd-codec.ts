/**
 * Decodes with zstd-codec for the process that has forked this one: its heap is fixed, and an abort leaves it unusable. Messages
 * hold a frame to take, or a number of runs to time; see `ZstdCodecProcess`.
 */
import { ZstdCodec } from "zstd-codec";
import { collectGarbage } from "../harness/garbage.js";
import { ownPeakBytes } from "../harness/own-peak.js";
import { timePerRun } from "../harness/rounds.js";
import type { CodecAnswer, CodecRequest } from "../peers/zstd-codec-process.js";

let frame = new Uint8Array(0);
const codec = new Promise<{ decompress(frame: Uint8Array): Uint8Array | null }>((resolve) =>
  ZstdCodec.run((zstd) => resolve(new zstd.Simple())),
);

process.on("message", (request: CodecRequest) => {
  answer(request).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) } satisfies CodecAnswer),
  );
});

async function answer(request: CodecRequest): Promise<CodecAnswer> {
  const { decompress } = { decompress: (await codec).decompress.bind(await codec) };
  const run = () => decompress(frame);
  if (request.kind === "decode") {
    frame = request.frame;
    const bytes = run();
    if (bytes === null) throw new Error("zstd-codec answers null");
    return { bytes };
  }
  if (request.kind === "peak") return { peak: ownPeakBytes() };
  collectGarbage();
  return { seconds: await timePerRun({ run }, request.repeats) };
}
