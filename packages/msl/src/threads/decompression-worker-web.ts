/** The script of a worker that decompresses, in browsers: its first message says only that it is to start. */
import { runDecompression } from "../codec/ahead/run-decompression.js";

const start = () =>
  runDecompression({
    tell: (message, transfer = []) => postMessage(message, { transfer: [...transfer] }),
    listen: (listener) => addEventListener("message", ({ data }) => listener(data)),
  });
addEventListener("message", start, { once: true });
