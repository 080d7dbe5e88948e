/** The reference page of docs/ that is written from the tables of options of this package. */
import { optionTablesPage } from "../../msl/scripts/reference.mjs";
import { OPTION_TABLES } from "../src/options/tables.js";

/** Pages by file name. */
export function analysisPages() {
  const written =
    "Written by `npm run reference` from the tables that `packages/analysis/src/options/tables.ts` names; edit those.";
  const subject = "The options of each function of `@memslice/analysis`";
  return { "analysis-options.md": optionTablesPage("Options of questions to memory", subject, written, OPTION_TABLES) };
}
