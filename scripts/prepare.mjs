/**
 * Prepares a checkout to run its programs: installs the packages of the lock file and builds everything, unless that is already done.
 * Uses only modules of Node, since it runs before any package is installed.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled } from "./installed.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Installs and builds if necessary. Ends the process with a message if either fails. */
export function prepare() {
  const fresh = installPackages();
  if (fresh) say("Building the packages (once, about half a minute) ...");
  runTask("build");
}

/** Installs the packages of the lock file unless they are installed; returns whether it installed them. */
export function installPackages() {
  if (isInstalled(root)) return false;
  say("Installing packages with npm ci (once, about half a minute) ...");
  requireSuccess("npm ci", run("npm", ["ci"], { quiet: true, shell: process.platform === "win32" }));
  return true;
}

/** Runs a task in every package that has it, or in `packages`; turbo skips packages that have not changed. */
export function runTask(task, packages = []) {
  const turbo = join(root, "node_modules", "turbo", "bin", "turbo");
  requireSuccess(
    task,
    run(process.execPath, [turbo, "run", task, "--output-logs=errors-only", ...packages.map((name) => `--filter=${name}`)], {
      quiet: true,
    }),
  );
}

/** Runs a program in `cwd`, by default in the checkout. `quiet` prints its output only if it fails. */
export function run(program, args, { cwd = root, quiet = false, shell = false } = {}) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };
  const result = spawnSync(program, args, { cwd, env, shell, stdio: quiet ? "pipe" : "inherit", encoding: "utf8" });
  if (quiet && result.status !== 0) process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  return result;
}

function requireSuccess(step, result) {
  if (result.error) say(`${step}: ${result.error.message}`);
  if (result.status !== 0) {
    say(`${step} failed${result.status === null ? "" : ` with exit status ${result.status}`}; see its output above.`);
    process.exit(1);
  }
}

function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}
