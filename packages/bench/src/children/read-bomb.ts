/** Reads a compressed block that expands and prints the peak memory of this process. Arguments: kind, expanded bytes, limit or "default". */
import { blockJson, MslSliceReader, openCapture } from "@memslice/msl";
import { expandingCapture } from "../fuzz/expanding-capture.js";

const [kind = "", size, limit] = process.argv.slice(2);
const bytes = expandingCapture(kind === "region" ? "region" : "rows", Number(size));
const options = limit === "default" ? {} : { payloadLimit: Number(limit) };
new MslSliceReader(bytes, options).at(0).decode();
await blockJson((await openCapture(bytes, options)).blocks.at(0), { digests: true });
process.stdout.write(`${process.resourceUsage().maxRSS}\n`);
