/** Text out of a capture may hold terminal escapes or bidirectional overrides; none reaches a terminal as it is. */

/** Controls, direction marks and overrides, line and paragraph separators, lone surrogates, zero-width and tag characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Shows unsafe characters as `\u{..}`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON with unsafe characters as `\uXXXX` inside strings; the value it stands for stays the same. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
}
