export { runDecompression as run } from "../codec/ahead/run-decompression.js";
