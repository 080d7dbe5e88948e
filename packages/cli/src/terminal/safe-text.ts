/** Escapes text before it is printed: text from a capture may contain terminal escapes or bidirectional overrides. */

/** Control characters, direction marks and overrides, line and paragraph separators, lone surrogates, zero-width and tag characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with unsafe characters written as `\u{..}`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON with unsafe characters in strings written as `\uXXXX`; it parses to the same value. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
}
