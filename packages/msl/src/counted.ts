/** Numbers of things in sentences. */

/** The number with a noun that is given in the plural: "0 regions", "1 region", "1 match", "1 zero byte". */
export function counted(number: number | bigint | string, nouns: string): string {
  return `${number} ${String(number) === "1" ? nouns.replace(/(?<=ss|ch)es$|s$/, "") : nouns}`;
}
