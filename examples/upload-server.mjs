/**
 * A server that keeps uploaded captures which are intact. It verifies each upload while it streams in, and holds one chunk of it in memory.
 *
 *   npm install @memslice/msl
 *   node upload-server.mjs captures 8080
 *   curl --data-binary @evidence.msl http://localhost:8080/
 *
 * 201: intact, and kept in the folder; 422: altered or incomplete, with the findings; 400: not a capture, or an encrypted one;
 * 413: larger than MAX_BYTES; 503: too many uploads at once. A connection that is closed or stalls leaves nothing behind.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describeReport, MslError, verifyStream } from "@memslice/msl/verify";

const [folder = "captures", port = "8080"] = process.argv.slice(2);
const MAX_BYTES = Number(process.env.MAX_BYTES ?? 4 * 2 ** 30);
const MAX_UPLOADS = 8;
const STALLED_MS = 30_000;

let uploads = 0;

const server = createServer({ requestTimeout: 3_600_000 }, async (request, response) => {
  const answer = await answerTo(request);
  // What is left of a refused upload is not read: the connection cannot be used again.
  response.writeHead(answer.status, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(answer)}\n`);
});
server.timeout = STALLED_MS;

await mkdir(folder, { recursive: true });
// For this computer only: whoever may reach the port may upload. Put a server in front of it that knows who may.
server.listen(Number(port), "127.0.0.1", () => console.log("listening on", server.address()));

/** @param {import("node:http").IncomingMessage} request */
async function answerTo(request) {
  if (request.method !== "POST") return { status: 405, error: "POST a capture" };
  if (Number(request.headers["content-length"] ?? 0) > MAX_BYTES) return { status: 413, error: tooLarge().message };
  if (uploads === MAX_UPLOADS) return { status: 503, error: `${MAX_UPLOADS} uploads are under way` };
  uploads++;
  try {
    return await receive(request);
  } catch (error) {
    if (error instanceof MslError) return { status: error.code === "limit" ? 413 : 400, error: error.message };
    console.error(error);
    return { status: 500, error: "The capture could not be kept" };
  } finally {
    uploads--;
  }
}

/**
 * Throws `MslError`: `limit` for a body above MAX_BYTES, `source` for a connection that was closed, others for what is not a plain capture.
 * @param {import("node:http").IncomingMessage} request
 */
async function receive(request) {
  const name = `${randomUUID()}.msl`;
  const partial = join(folder, `${name}.partial`);
  const file = await open(partial, "wx");
  try {
    const report = await verifyStream(written(request, file));
    const { outcome, verdict, bytes } = report;
    if (outcome !== "intact") return { status: 422, outcome, verdict, bytes, findings: describeReport(report) };
    await file.sync();
    await rename(partial, join(folder, name));
    return { status: 201, outcome, verdict, bytes, name };
  } finally {
    await file.close();
    await rm(partial, { force: true });
  }
}

/**
 * The chunks of the request, each one written to the file first.
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:fs/promises").FileHandle} file
 */
async function* written(request, file) {
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw tooLarge();
    await file.appendFile(chunk);
    yield chunk;
  }
}

function tooLarge() {
  return new MslError("limit", `The capture has more than ${MAX_BYTES} bytes`);
}
