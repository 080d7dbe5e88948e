/** Colours, on terminals and where they are asked for. */
import { styleText } from "node:util";

export type ColorChoice = "auto" | "always" | "never";
type Format = Parameters<typeof styleText>[0];

export type Style = (format: Format, text: string) => string;

/** `NO_COLOR` turns colours off, `--color` overrules it. */
export function styleFor(stream: { readonly isTTY?: boolean }, choice: ColorChoice): Style {
  const noColor = (process.env["NO_COLOR"] ?? "") !== "";
  const colored = choice === "always" || (choice === "auto" && stream.isTTY === true && !noColor);
  return colored ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
}
