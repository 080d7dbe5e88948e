/** What the schemas of several documents share. */
import { boolean, count, decimal, list, object, ref, text } from "../../msl/scripts/json-schema.mjs";

export const DRAFT = "https://json-schema.org/draft/2020-12/schema";

export const address = { type: "string", pattern: "^0x[0-9a-f]+$" };

/** What the findings of all commands that ask memory have: an address, and the module and the region that contain it, if there are any. */
export const finding = (own, optional = {}) =>
  object({ address, ...own }, { module: text, moduleOffset: address, regionBase: address, regionType: text, ...optional });

export const coverage = object({
  searched: decimal,
  notSearched: object({ failed: decimal, missing: decimal, overlapped: decimal, leftOut: decimal, givenUp: decimal }),
  unmapped: decimal,
  unreadableRegions: count,
  regionsMissing: boolean,
  cutOff: boolean,
  overlappedBlocks: list(count),
  atLimit: boolean,
  complete: boolean,
});

export const COVERAGE_TEXT =
  "`coverage` counts bytes: `failed` are of pages that could not be read, `missing` those that the capture lacks, `overlapped` those of regions at addresses where reads prefer another region (--block asks one of the regions in `overlappedBlocks` alone), `leftOut` lie behind the limit, `givenUp` are made so that looking at them would take too long; `regionsMissing`: the header announces MemoryRegions, and no block has it; `atLimit`: the search ended at its limit, so that there may be more. With --ndjson, each line has `schema`, `file` and one of them; the last line of a file has `count` and `coverage`.";

export const failure = object({ code: text, message: text }, { offset: count });

/** The document of a command that asks memory; `error` is in place of `coverage` if the question ended with an error after the document had begun. */
export function askDocument(name, description, head, { definitions, optional }) {
  const start = { schema: { const: name }, file: text, ...head, count };
  return {
    $schema: DRAFT,
    title: name,
    description: `${description} ${COVERAGE_TEXT}`,
    anyOf: [object({ ...start, coverage: ref("coverage") }, optional), object({ ...start, error: failure }, optional)],
    $defs: { coverage, ...definitions },
  };
}

export function document(name, description, properties, { definitions, optional = {} }) {
  const schema = object({ schema: { const: name }, file: text, ...properties }, optional);
  return { $schema: DRAFT, title: name, description, ...schema, $defs: definitions };
}
