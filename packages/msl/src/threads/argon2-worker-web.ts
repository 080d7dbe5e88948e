/** The script of a worker that derives a key, in browsers: its first message says only that it is to start. */
import { runDerivation } from "../encryption/argon2/run-derivation.js";

const start = () =>
  runDerivation({
    tell: (message, transfer = []) => postMessage(message, { transfer: [...transfer] }),
    listen: (listener) => addEventListener("message", ({ data }) => listener(data)),
  });
addEventListener("message", start, { once: true });
