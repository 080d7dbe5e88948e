/** The part of the rules of lint that readers load: the severity and the title of each id. */
import { BLOCK_RULES } from "../src/lint/block-rules.js";
import { PAYLOAD_RULES } from "../src/lint/payload-rules.js";
import { RELATION_RULES } from "../src/lint/relation-rules.js";

const HEADER = `/**
 * Every deviation from the specification that the library can report, with its severity: E breaks a MUST, W a SHOULD or a known
 * dialect, I is information. Written by \`npm run reference\` from the rules in ../lint, which say more of each; edit those.
 */
export const LINT_CATALOGUE = {
`;
const FOOTER = `} as const satisfies Record<string, readonly ["E" | "W" | "I", string]>;

/** Id of a deviation, a key of \`LINT_CATALOGUE\`. */
export type LintId = keyof typeof LINT_CATALOGUE;
/** E: breaks a MUST. W: a SHOULD, or a known dialect. I: information. */
export type Severity = "E" | "W" | "I";

/** The severity that the catalogue gives a deviation. */
export function severityOf(id: LintId): Severity {
  return LINT_CATALOGUE[id][0];
}
`;

/** Sources by path in packages/msl/src. */
export function lintCatalogue() {
  const rules = Object.entries({ ...BLOCK_RULES, ...RELATION_RULES, ...PAYLOAD_RULES });
  const rows = rules.map(
    ([id, [severity, title]]) => `  ${JSON.stringify(id)}: [${JSON.stringify(severity)}, ${JSON.stringify(title)}],\n`,
  );
  return { "deviations/catalogue.ts": `${HEADER}${rows.join("")}${FOOTER}` };
}
