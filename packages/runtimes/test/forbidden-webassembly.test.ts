/** The error message for a page whose Content-Security-Policy forbids WebAssembly. */
import { expect, it } from "vitest";
import { answerOfPage, CHROMIUM } from "../src/launch/chromium.js";
import { serveEvidence } from "../src/launch/evidence-server.js";
import { install } from "../src/launch/installation.js";
import { RUN_TIMEOUT_MS } from "../src/launch/runtime.js";

const POLICY = "default-src 'self'; script-src 'self' 'nonce-map'";

it(
  "in a page whose policy lacks 'wasm-unsafe-eval', calls that need the core throw and name it",
  async ({ skip }) => {
    const { program } = CHROMIUM;
    if (program === undefined) return skip("Chromium is not installed on this machine");
    const installation = await install();
    const server = await serveEvidence(installation.folder, { policy: POLICY });
    try {
      const outcomes = await answerOfPage(program, { installation, server }, "forbidden", "page/forbidden-page");
      const words =
        /^The WebAssembly core cannot be compiled: .* A page needs 'wasm-unsafe-eval' in the script-src of its Content-Security-Policy$/;
      const refused = { name: "MslError", code: "unsupported-runtime", message: expect.stringMatching(words) };
      expect(outcomes).toEqual({
        inspectCapture: { done: true },
        openCapture: refused,
        verifyCapture: refused,
        verifyStream: refused,
        writeCapture: refused,
        "writeCapture with a passphrase": refused,
      });
    } finally {
      server.close();
      installation.remove();
    }
  },
  RUN_TIMEOUT_MS + 30_000,
);
