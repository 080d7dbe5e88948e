import type { OptionTable } from "../src/options/checks.js";

export const OPTION_TABLES: readonly OptionTable[];
