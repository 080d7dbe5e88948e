/** Colours and bold text: on terminals, and elsewhere with `--color always`. */

/** The words that `--color` takes. */
export const COLOR_CHOICES = ["auto", "always", "never"] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** ANSI codes that switch a format on and off. */
const FORMATS = { bold: [1, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;
type Format = keyof typeof FORMATS;

/** The codes as they stand in a text. */
export const STYLE_CODES = new RegExp(`\\u001b\\[(?:${Object.values(FORMATS).flat().join("|")})m`, "g");

export type Style = (format: Format, text: string) => string;

/** Whether the terminal shows characters and can do nothing else. */
export function isDumbTerminal(): boolean {
  return process.env["TERM"] === "dumb";
}

/** `NO_COLOR` and a dumb terminal switch colours off; `--color` takes precedence over both. */
export function styleFor(stream: { readonly isTTY?: boolean }, choice: ColorChoice): Style {
  const noColor = (process.env["NO_COLOR"] ?? "") !== "";
  const colored = choice === "always" || (choice === "auto" && stream.isTTY === true && !noColor && !isDumbTerminal());
  if (!colored) return (_, text) => text;
  return (format, text) => {
    const [on, off] = FORMATS[format];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
