/** The whole life of a worker that compresses, on any platform: in a memory of its own, payload after payload. */
import { MslError } from "../../errors.js";
import type { StartingThread } from "../../threads/threads.js";
import { compressPayload } from "../compress-payload.js";
import { bufferOf, type CompressionJob, type CompressionMessage, rulesOf } from "./compression-task.js";

export function runCompression({ tell, listen }: StartingThread): void {
  listen((job: CompressionJob) => {
    const answer = answerTo(job);
    tell(answer, answer.kind === "stored" ? [answer.bytes] : []);
  });
  tell({ kind: "ready" } satisfies CompressionMessage);
}

function answerTo(job: CompressionJob): CompressionMessage {
  try {
    const { bytes, flags, kept } = compressPayload(new Uint8Array(job.payload), rulesOf(job));
    return { kind: "stored", bytes: bufferOf(bytes), flags, kept };
  } catch (error) {
    const code = error instanceof MslError ? error.code : "internal";
    return { kind: "failed", code, message: error instanceof Error ? error.message : String(error) };
  }
}
