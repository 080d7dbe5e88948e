/** docs/benchmarks.md: a section per scenario, those that did not run kept as they are. */

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench -- SCENARIO... --docs\`, each section by the run that it names; do not edit.

Peers' results are checked before they are timed. Contenders run by turns, and a ratio is that of times in the same round: what slows
a machine down slows both. Times are of one machine; ratios carry further, but they too differ between processors.
`;

/** The page with `sections` in place of those of the same name; `order` names all scenarios. Other sections are left out. */
export function benchmarksPage(page: string, sections: ReadonlyMap<string, string>, order: readonly string[]): string {
  const kept = new Map(
    page
      .split(/^(?=## )/m)
      .slice(1)
      .map((section) => [section.slice("## ".length, section.indexOf("\n")), section]),
  );
  const all = order.map((name) => sections.get(name) ?? kept.get(name)).filter((section) => section !== undefined);
  return [INTRODUCTION, ...all.map((section) => `${section.trimEnd()}\n`)].join("\n");
}
