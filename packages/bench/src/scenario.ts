/** One thing that is measured: the lines say what was compared, under which conditions, with which figures. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  run(): readonly string[];
}
