/** The whole life of a worker that decompresses, on any platform: in a memory of its own, payload after payload. */
import type { StartingThread } from "../../threads/threads.js";
import { decodingOf } from "../decoding.js";
import { openPayload } from "../decompress-payload.js";
import type { DecompressedAhead, DecompressionJob, DecompressionMessage } from "./decompression-task.js";

export function runDecompression({ tell, listen }: StartingThread): void {
  listen(async (job: DecompressionJob) => {
    const answer = await answerTo(job);
    tell(answer, answer.kind === "decompressed" ? [answer.bytes] : []);
  });
  tell({ kind: "ready" } satisfies DecompressionMessage);
}

async function answerTo({ stored, compression, limits }: DecompressionJob): Promise<DecompressionMessage> {
  const deviations: DecompressedAhead["deviations"][number][] = [];
  try {
    const report = (deviation: (typeof deviations)[number]) => deviations.push(deviation);
    const { bytes } = await openPayload(new Uint8Array(stored), compression, decodingOf(limits), report);
    if (bytes) return { kind: "decompressed", bytes: bufferOf(bytes), deviations };
  } catch {
    // The same as data that is damaged: whoever needs the payload decompresses it again, and throws.
  }
  return { kind: "not decompressed" };
}

/** Decoders make arrays that fill their buffers, which are not shared. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength ? (bytes.buffer as ArrayBuffer) : new Uint8Array(bytes).buffer;
}
