/** Sizes and seeds in the notation of the command line. */

const UNITS = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const SIZE_LEAST = 2 ** 16;
const SIZE_MOST = 2 ** 40;
const SEED_MOST = 2 ** 32 - 1;

/** Parses a size in bytes. Throws a `RangeError` with a readable message. */
export function parseSize(text: string): number {
  const match = /^(\d{1,13}(?:\.\d{1,3})?) ?(KiB|MiB|GiB|TiB|)$/.exec(text);
  const size = match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : Number.NaN;
  if (!match) {
    throw new RangeError(`--size takes a number with KiB, MiB, GiB or TiB, or bytes, such as 16MiB, not ${JSON.stringify(text)}`);
  }
  if (size >= SIZE_LEAST && size <= SIZE_MOST) return Math.ceil(size);
  throw new RangeError(`--size is ${text}, but the big captures can have 64KiB to 1TiB of memory`);
}

/** Parses a seed. Throws a `RangeError` with a readable message. */
export function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seed <= SEED_MOST) return seed;
  throw new RangeError(`--seed takes a whole number from 0 to ${SEED_MOST}, not ${JSON.stringify(text)}`);
}

export function sizeText(bytes: number): string {
  const unit = (["TiB", "GiB", "MiB", "KiB"] as const).find((name) => bytes >= UNITS[name]);
  return unit ? `${(bytes / UNITS[unit]).toFixed(1)} ${unit}` : `${bytes} B`;
}
