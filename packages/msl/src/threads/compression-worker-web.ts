/** The script of a worker that compresses, in browsers: its first message says only that it is to start. */
import { runCompression } from "../write/parallel/run-compression.js";

const start = () =>
  runCompression({
    tell: (message, transfer = []) => postMessage(message, { transfer: [...transfer] }),
    listen: (listener) => addEventListener("message", ({ data }) => listener(data)),
  });
addEventListener("message", start, { once: true });
