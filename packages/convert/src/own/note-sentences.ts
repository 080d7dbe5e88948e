/** The sentences of Note of Import Provenance, as imports write it (import-report.ts): an export takes facts back that a capture has no field for. */

/** Texts of a dump stand in quotes in a Note: a sentence in one of them says nothing about the dump. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** Each sentence, with `""` for every text of the dump. */
export function sentencesOf(note: string): string[] {
  return note
    .replace(QUOTED, '""')
    .split("; ")
    .map((part) => part.replace(/^lost: /, ""));
}
