/** Bundles for edge runtimes of docs/bundlers.md: they run in miniflare, which simulates Cloudflare Workers with workerd. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CheckResult } from "../checks/check.js";
import { serveEvidence } from "../launch/evidence-server.js";
import { RUN_TIMEOUT_MS } from "../launch/runtime.js";
import { bundle, gzippedSize } from "./bundle.js";
import type { Bundler } from "./bundlers.js";
import type { Measured } from "./measure.js";
import { toolCommand, versionOf } from "./tools.js";
import type { UserProject } from "./user-project.js";

const COMPATIBILITY_DATE = "2026-01-01";
const CONDITIONS = "workerd,worker,browser";

export function bundlersForEdge(): readonly Bundler[] {
  return [
    {
      name: `esbuild ${versionOf("esbuild")}, miniflare ${versionOf("miniflare")}`,
      needs: `\`--format=esm --conditions=${CONDITIONS} --loader:.wasm=copy\`; \`modulesRules\` of miniflare with \`CompiledWasm\` for \`*.wasm\``,
      program: toolCommand("esbuild"),
      parameters: (output) => [
        ...["main.js", "--bundle", "--minify", "--format=esm", `--conditions=${CONDITIONS}`],
        ...["--loader:.wasm=copy", `--outdir=${output}`],
      ],
      entry: "main.js",
    },
    {
      name: `wrangler ${versionOf("wrangler")}`,
      needs: "",
      program: toolCommand("wrangler"),
      parameters: (output) => [
        ...["deploy", "main.js", "--dry-run", "--minify", "--name=user", `--outdir=${output}`],
        `--compatibility-date=${COMPATIBILITY_DATE}`,
      ],
      entry: "main.js",
    },
  ];
}

export async function measureEdge(project: UserProject, bundler: Bundler): Promise<Measured> {
  const { installation } = project;
  const output = await bundle(project, bundler, "bundled-worker");
  const script = join(installation.folder, "run-in-miniflare.mjs");
  writeFileSync(script, RUN);
  const server = await serveEvidence(installation.folder);
  try {
    const situation = JSON.stringify({ server: server.origin, folder: "", facilities: [] });
    const options = { timeout: RUN_TIMEOUT_MS, maxBuffer: 2 ** 24 };
    const { stdout } = await promisify(execFile)(process.execPath, [script, output, situation], options);
    const emitted = gzippedSize(await bundle(project, bundler, "reading-edge"));
    return { runs: [JSON.parse(stdout) as CheckResult[]], emitted };
  } finally {
    server.close();
  }
}

/** Runs main.js of a folder, posts it the situation, and prints the response. */
const RUN = `
import { join } from "node:path";
import { Miniflare } from "miniflare";
const [, , folder, situation] = process.argv;
const miniflare = new Miniflare({
  modules: true,
  modulesRoot: folder,
  scriptPath: join(folder, "main.js"),
  modulesRules: [
    { type: "ESModule", include: ["**/*.js"] },
    { type: "CompiledWasm", include: ["**/*.wasm"] },
  ],
  compatibilityDate: ${JSON.stringify(COMPATIBILITY_DATE)},
  verbose: false,
});
const response = await miniflare.dispatchFetch("http://localhost/", { method: "POST", body: situation });
process.stdout.write(await response.text());
await miniflare.dispose();
`;
