/** The whole life of a worker that compresses, on any platform: in a memory of its own, payload after payload. */
import { MslError } from "../../errors.js";
import { answerJobs, type StartingThread } from "../../threads/threads.js";
import { compressPayload } from "../compress-payload.js";
import { bufferOf, type CompressionAnswer, type CompressionJob, rulesOf } from "./compression-task.js";

export function runCompression(thread: StartingThread): void {
  answerJobs(thread, async (job: CompressionJob) => {
    const answer = answerTo(job);
    return { answer, transfer: answer.kind === "stored" ? [answer.bytes] : [] };
  });
}

function answerTo(job: CompressionJob): CompressionAnswer {
  try {
    const { bytes, flags, kept } = compressPayload(new Uint8Array(job.payload), rulesOf(job));
    return { kind: "stored", bytes: bufferOf(bytes), flags, kept };
  } catch (error) {
    const code = error instanceof MslError ? error.code : "internal";
    return { kind: "failed", code, message: error instanceof Error ? error.message : String(error) };
  }
}
