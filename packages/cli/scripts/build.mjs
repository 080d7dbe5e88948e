/** Builds the package: few scripts, so that a command does not wait for dozens of small ones. */
import { chmod } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePackage } from "../../../scripts/bundle.mjs";

/** What tells the version; what every command has; what the questions to memory have. */
const chunks = ["main", "program", "asking/ask-captures"];

const folder = join(dirname(fileURLToPath(import.meta.url)), "..");

await bundlePackage(folder, { chunks });
// npm makes it executable where it installs the package, but not where it links a checkout.
await chmod(join(folder, "dist", "main.js"), 0o755);
