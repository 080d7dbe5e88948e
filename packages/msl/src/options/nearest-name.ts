/** The known name that a misspelt one was probably meant to be. */

/** Of names that long, as many letters may differ. */
const LETTERS_PER_SLIP = 3;
/** Longer ones are no slips, and comparing them takes time. */
const LONGEST = 64;

/** Undefined where no name is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  const most = Math.max(1, Math.floor(name.length / LETTERS_PER_SLIP));
  let nearest: { readonly name: string; readonly slips: number } | undefined;
  for (const candidate of known) {
    const slips = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (slips <= most && (nearest === undefined || slips < nearest.slips)) nearest = { name: candidate, slips };
  }
  return nearest?.name;
}

/** Letters to insert, delete or replace (Levenshtein), row by row of the table of prefixes. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
