/** Writes docs/runtimes.md from the results of a run. */
import { readFileSync } from "node:fs";
import type { CheckResult } from "./checks/check.js";
import { CHECKS } from "./checks/list.js";

const CELLS = { passed: "yes", failed: "**fails**", absent: "-" } as const;

const BEFORE = `# Runtimes

Written by \`npm test -- packages/runtimes --update\`. Without \`--update\` the same command, which CI runs, starts every runtime, runs
the list of checks in it, and compares this page with the results. The checks run on the packed packages, found through their \`exports\`
and \`imports\`.

`;

const AFTER = `
"-": the runtime lacks the feature that the check is about.

| Runtime | How the packages get there |
|---|---|
| Node (CI: 20) | from node_modules |
| Bun ${version("bun")} | from node_modules |
| Deno ${version("deno")} | from node_modules, with the permissions \`--allow-read\` and \`--allow-net\` alone |
| workerd ${version("workerd")} | bundled by esbuild with wrangler's conditions \`workerd\`, \`worker\`, \`browser\`; \`core.wasm\` is a module \
of its own; no compatibility flag is set |
| Chromium (CI: Debian's) | ES modules through an import map made from the packages' maps with the condition \`browser\` |
| Chromium, isolated | the same, with the headers \`Cross-Origin-Opener-Policy: same-origin\` and \
\`Cross-Origin-Embedder-Policy: require-corp\` |
| Chromium, bundled in a worker | one file by esbuild with the condition \`browser\`, as a module worker |

An import map does not apply to workers: without a bundler, pages have no threads that compress, decompress, derive keys or search.
[Bundlers](bundlers.md) lists the threads of bundled pages.

A scan with YARA rules needs \`@virustotal/yara-x\` and a worker, since nothing else ends a scan that does not end. Node, Bun and Deno load the installed package; a
bundled page names its script (\`engine\`); workerd has no workers. Where one of them is missing, the scan is an \`MslError\` that says which.

The pages of Chromium have a Content-Security-Policy whose \`script-src\` allows the page's own scripts and \`'wasm-unsafe-eval'\`.
`;

/** The version of the runtime in the lock file. */
function version(runtime: string): string {
  const manifest: { optionalDependencies: Record<string, string> } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  return manifest.optionalDependencies[runtime] ?? "";
}

/** `results`: by name of the runtime, in the order of the columns. */
export function runtimesPage(results: ReadonlyMap<string, readonly CheckResult[]>): string {
  const rows = CHECKS.map(({ name }) => {
    const cells = Array.from(
      results.values(),
      (checks) => CELLS[checks.find((check) => check.name === name)?.outcome ?? "failed"],
    );
    return `| ${[name, ...cells].join(" | ")} |\n`;
  });
  return `${BEFORE}| | ${[...results.keys()].join(" | ")} |\n|---|${"---|".repeat(results.size)}\n${rows.join("")}${AFTER}`;
}
