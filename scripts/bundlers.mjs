/**
 * `npm run bundlers [-- --update]`: installs the bundlers and test runners of packages/runtimes/tools, half a gigabyte that no other command needs,
 * and measures them. With `--install`, only installs them.
 */
import { join } from "node:path";
import { isInstalled } from "./installed.mjs";
import { prepare, root, run } from "./prepare.mjs";

const rest = process.argv.slice(2);
const tools = join(root, "packages", "runtimes", "tools");
if (!isInstalled(tools)) {
  process.stderr.write("Installing bundlers and test runners with npm ci (once, about a minute) ...\n");
  const { status } = run("npm", ["ci", "--ignore-scripts"], { cwd: tools, quiet: true, shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
}
if (!rest.includes("--install")) {
  prepare();
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  process.exit(run(process.execPath, [vitest, "run", "packages/runtimes/test/bundlers.test.ts", ...rest]).status ?? 1);
}
