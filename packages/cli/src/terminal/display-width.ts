/** How many columns of a terminal a text takes, and texts that are shortened to a number of columns. */

/** Characters that take two columns of a terminal, and characters that take none. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u{3000}-\u{303f}\u{ff01}-\u{ff60}]/u;
const COMBINING = /\p{M}/u;
/** Texts without such characters, which are most. */
const PLAIN = /^[\x20-\x7e]*$/;
const ELLIPSIS = "…";

/** The columns that a text without control characters takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

function widthOf(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The text in at most `most` columns: with its start and its end, which tell names and paths apart, and … in the middle. */
export function shortened(text: string, most: number): string {
  if (displayWidth(text) <= most) return text;
  const characters = [...text];
  const room = Math.max(most - 1, 0);
  const head = taken(characters, Math.floor(room / 2));
  const tail = taken(characters.toReversed(), room - displayWidth(head));
  return `${head}${ELLIPSIS}${[...tail].toReversed().join("")}`;
}

/** The first characters that together take at most `most` columns. */
function taken(characters: readonly string[], most: number): string {
  let text = "";
  let width = 0;
  for (const character of characters) {
    width += widthOf(character);
    if (width > most) break;
    text += character;
  }
  return text;
}
