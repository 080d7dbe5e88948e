/** The error message for users of workerd whose bundler chose the packages' files for other runtimes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serveEvidence } from "../src/launch/evidence-server.js";
import { install } from "../src/launch/installation.js";
import { RUN_TIMEOUT_MS } from "../src/launch/runtime.js";
import { askWorker, WORKERD } from "../src/launch/workerd.js";

const CAPTURE = new URL("../../../fixtures/captures/ms-basic-plain.msl", import.meta.url);

it.for([
  ["for browsers", "unconditioned-worker.js"],
  ["without any condition", "neutral-worker.js"],
])(
  "a worker bundled %s reads headers, but calls that need the core throw and name the condition 'workerd'",
  { timeout: RUN_TIMEOUT_MS + 30_000 },
  async ([, script = ""], { skip }) => {
    const { program } = WORKERD;
    if (program === undefined) return skip("workerd is not installed on this machine");
    const installation = await install();
    const server = await serveEvidence(installation.folder);
    try {
      const folder = join(installation.folder, "programs");
      const worker = { folder, modules: [script], server };
      const outcomes = await (await askWorker(program, worker, readFileSync(CAPTURE))).json();
      const words = /^The WebAssembly core cannot be compiled: .*disallowed by embedder.* with the condition 'workerd'/;
      const refused = { name: "MslError", code: "unsupported-runtime", message: expect.stringMatching(words) };
      expect(outcomes).toEqual({ inspectCapture: { done: true }, openCapture: refused, verifyStream: refused });
    } finally {
      server.close();
      installation.remove();
    }
  },
);
