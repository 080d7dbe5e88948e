/**
 * Reads a capture from a web server, and transfers only the bytes that it needs.
 *
 *   npm install @memslice/msl
 *   node read-over-http.mjs https://evidence.example/big.msl
 *
 * The server must support range requests. Ctrl-C cancels the requests.
 */
import { openCapture } from "@memslice/msl";

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error("usage: node read-over-http.mjs URL");

const stopped = new AbortController();
process.once("SIGINT", () => stopped.abort());
const { signal } = stopped;

let transferred = 0;
/** @type {typeof fetch} */
const countingFetch = async (input, init) => {
  const response = await fetch(input, init);
  if (init?.method !== "HEAD") transferred += Number(response.headers.get("content-length"));
  return response;
};

const capture = await openCapture(new URL(url), { fetch: countingFetch, signal });
const { pid, osTypeName, archTypeName } = capture.header;
console.log(`process ${pid}, ${osTypeName}, ${archTypeName}; ${capture.blocks.length} blocks`);
for (const { id, message } of capture.deviations) console.log(`${id}: ${message}`);

for (const { path, baseAddr } of await capture.modules(signal))
  console.log(`module ${baseAddr.toString(16)} ${JSON.stringify(path)}`);
for (const region of await capture.regions(signal)) {
  const { captured, failed, unmapped } = (await region.pages(signal)).tally();
  const { segments } = await capture.memory.read(region.baseAddr, 8, signal);
  // Every segment has a state; one that was not captured has no bytes, and is never shown as zeros.
  const start = segments.map(({ state, bytes }) => (bytes ? Buffer.from(bytes).toString("hex") : state)).join(" ");
  const pages = `${captured} pages captured, ${failed} failed, ${unmapped} unmapped`;
  console.log(`region ${region.baseAddr.toString(16)}: ${pages}; begins with ${start}`);
}
console.log(`transferred ${transferred} of ${capture.size} bytes`);
await capture.close();
