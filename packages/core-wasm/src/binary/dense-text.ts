/** Bytes as dense text (scripts/dense-text.mjs), which downloads as fast as the bytes. */

/** Bytes as text. Ranks: 0 is the most frequent byte. */
export interface DenseText {
  readonly length: number;
  /** Each character stands for a rank, except the last `leads` characters, which begin the pairs of characters for all higher ranks. */
  readonly characters: string;
  readonly leads: number;
  /** The bytes by rank, in hex. */
  readonly values: string;
  readonly text: string;
}

export function bytesOf({ length, characters, leads, values, text }: DenseText): Uint8Array<ArrayBuffer> {
  const places = new Uint8Array(128);
  for (let i = 0; i < characters.length; i++) places[characters.charCodeAt(i)] = i;
  const ranked = Uint8Array.from({ length: 256 }, (_, rank) => Number.parseInt(values.slice(2 * rank, 2 * rank + 2), 16));
  const singles = characters.length - leads;
  const bytes = new Uint8Array(length);
  for (let at = 0, i = 0; at < length; at++) {
    let rank = places[text.charCodeAt(i++)] ?? 0;
    if (rank >= singles) rank = singles + (rank - singles) * characters.length + (places[text.charCodeAt(i++)] ?? 0);
    bytes[at] = ranked[rank] ?? 0;
  }
  return bytes;
}
