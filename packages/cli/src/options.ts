/** Options of commands: how they are described, and how they come. */
export interface OptionSpec {
  /** `strings`: may be given several times, and comes as an array. */
  readonly type: "boolean" | "string" | "strings";
  readonly short?: string;
  /** What stands for the value in help texts. */
  readonly value?: string;
  readonly help: string;
}

export type OptionValue = string | boolean | readonly string[] | undefined;
export type Options = Readonly<Record<string, OptionValue>>;
