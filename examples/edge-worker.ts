/**
 * An edge worker: tells what is in an uploaded capture, and whether the capture is intact, while the upload streams in.
 *
 *   npm install @memslice/msl esbuild
 *   npx esbuild edge-worker.ts --bundle --format=esm --conditions=workerd,worker,browser --loader:.wasm=copy --outdir=dist
 *
 * dist/ then has a worker for workerd (Cloudflare Workers). POST a capture to it; the answer is JSON. The worker never holds more of the upload
 * than a few chunks and one small block, so the size of the upload does not matter.
 */
import { describeReport, MslError, MslReader, verifyStream } from "@memslice/msl";

/** Larger blocks are counted and not decoded. */
const DECODED_BYTES = 64 * 1024;
/** Further modules are counted and not listed: a hostile capture may have millions. */
const LISTED_MODULES = 100;

export default {
  async fetch(request: Request): Promise<Response> {
    const { method, body } = request;
    if (method !== "POST" || !body)
      return Response.json({ error: "POST a capture" }, { status: 405, headers: { allow: "POST" } });
    try {
      return Response.json(await examine(body));
    } catch (error) {
      // Not a capture, or one that cannot be verified here: encrypted, or with an unknown hash algorithm.
      if (error instanceof MslError) return Response.json({ error: error.code, message: error.message }, { status: 400 });
      throw error;
    }
  },
};

async function examine(upload: ReadableStream<Uint8Array>) {
  const copy = new TransformStream<Uint8Array, Uint8Array>();
  const [content, report] = await Promise.all([contentOf(copied(upload, copy.writable)), verifyStream(copy.readable)]);
  return { outcome: report.outcome, verdict: report.verdict, findings: describeReport(report), bytes: report.bytes, content };
}

/**
 * The chunks of `stream`, each one written to `copy` first. `write` waits until the reader of the copy has taken the chunk: unlike the two
 * streams of `tee`, neither reader can fall behind the other by more than a chunk.
 */
async function* copied(stream: ReadableStream<Uint8Array>, copy: WritableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const writer = copy.getWriter();
  for await (const chunk of stream) {
    await writer.write(chunk);
    yield chunk;
  }
  await writer.close();
}

async function contentOf(chunks: AsyncIterable<Uint8Array>) {
  const reader = MslReader.from(chunks);
  const { pid, osTypeName, archTypeName } = await reader.header();
  const blocks: Record<string, number> = {};
  const modules: string[] = [];
  let program: string | null = null;
  for await (const block of reader) {
    blocks[block.typeName] = (blocks[block.typeName] ?? 0) + 1;
    if (block.length > DECODED_BYTES) continue;
    const { payload } = await block.decode();
    if (payload?.kind === "ProcessIdentity") program = payload.exePath;
    if (payload?.kind === "ModuleEntry" && modules.length < LISTED_MODULES) modules.push(payload.path);
  }
  return { process: { pid, system: osTypeName, architecture: archTypeName, program }, blocks, modules };
}
