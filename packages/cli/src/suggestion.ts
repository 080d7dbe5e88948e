/** "Did you mean": the known word that a mistyped one is closest to. */

/** Letters that a mistyped word may differ in, for each whole number of letters it has. */
const LETTERS_PER_MISTAKE = 3;

/** The closest of the known words, if few enough letters are left out, added, replaced or exchanged with a neighbour; undefined otherwise. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / LETTERS_PER_MISTAKE));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    if (Math.abs(name.length - word.length) > most) continue;
    const found = distance(word, name);
    if (found <= most && found < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { name, distance: found };
  }
  return best?.name;
}

/** The sentence, with the closest of the known words if one is close, and the help that lists them. `prefix`: what users write before the word. */
export function withSuggestion(
  sentence: string,
  { word, known, prefix = "" }: { readonly word: string; readonly known: readonly string[]; readonly prefix?: string },
  help: string,
): string {
  const name = closest(word, known);
  return name === undefined ? `${sentence}; see: ${help}` : `${sentence}; did you mean ${prefix}${name}? See: ${help}`;
}

/** Optimal string alignment: the fewest insertions, deletions, replacements and exchanges of neighbours. */
function distance(from: string, to: string): number {
  const table = Array.from({ length: from.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number) => table[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let j = 1; j <= to.length; j++) table[0]?.push(j);
  for (let i = 1; i <= from.length; i++) {
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const exchanged = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      table[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, exchanged));
    }
  }
  return at(from.length, to.length);
}
