/** Options of commands: how they are described, and how they come. */
export interface OptionSpec {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** What stands for the value in help texts. */
  readonly value?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, string | boolean | undefined>>;
