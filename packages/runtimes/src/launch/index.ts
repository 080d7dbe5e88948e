/** The runtimes, in the order of the columns in docs/runtimes.md. */
import { CHROMIUM, CHROMIUM_ISOLATED, CHROMIUM_WORKER } from "./chromium.js";
import { BUN, DENO, NODE } from "./processes.js";
import type { Runtime } from "./runtime.js";
import { WORKERD } from "./workerd.js";

export const RUNTIMES: readonly Runtime[] = [NODE, BUN, DENO, WORKERD, CHROMIUM, CHROMIUM_ISOLATED, CHROMIUM_WORKER];
