/**
 * Says in Bun what a capture contains, how much of the memory was captured, and whether the capture is intact.
 *
 *   bun add @memslice/msl
 *   bun summary-bun.ts evidence.msl
 */
import { openCapture } from "@memslice/msl";

const [path] = Bun.argv.slice(2);
if (path === undefined) throw new Error("usage: bun summary-bun.ts FILE");

await using capture = await openCapture(Bun.file(path));
const { pid, osTypeName, archTypeName } = capture.header;
console.log(`process ${pid}, ${osTypeName}, ${archTypeName}`);
// Quoted: a path may contain control characters.
for (const { path, baseAddr } of await capture.modules()) console.log(`module ${baseAddr.toString(16)} ${JSON.stringify(path)}`);

let captured = 0;
let pages = 0;
for (const region of await capture.regions()) {
  const states = await region.pages();
  captured += states.tally().captured;
  pages += states.numPages;
}
console.log(`${captured} of ${pages} pages were captured`);
console.log((await capture.verify()).outcome);
