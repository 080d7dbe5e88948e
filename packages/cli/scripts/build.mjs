/** Builds the package: few scripts, so that a command does not wait for dozens of small ones. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePackage } from "../../../scripts/bundle.mjs";

/** What tells the version; what every command has; what the questions to memory have. */
const chunks = ["main", "program", "asking/ask-captures"];

await bundlePackage(join(dirname(fileURLToPath(import.meta.url)), ".."), { chunks });
