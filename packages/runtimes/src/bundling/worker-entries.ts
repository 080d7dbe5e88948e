/** The scripts of workers in a bundle. */

/** An entry of a bundle: the script of the workers of a package. */
export interface WorkerEntry {
  /** The name of its script, without extension. */
  readonly name: string;
  /** The module of the package. */
  readonly module: string;
  readonly package: string;
  /** The function that names the script. */
  readonly call: string;
}

/** The workers of each package. A program that does not ask memory needs the first ones alone. */
export const MSL_WORKER: WorkerEntry = {
  name: "msl-worker",
  module: "@memslice/msl/worker",
  package: "@memslice/msl",
  call: "initialise",
};
export const ANALYSIS_WORKER: WorkerEntry = {
  name: "analysis-worker",
  module: "@memslice/analysis/worker",
  package: "@memslice/analysis",
  call: "initialiseAnalysis",
};

/** Modules of the project, for bundlers whose entries are files. */
export function workerFiles(workers: readonly WorkerEntry[]): Readonly<Record<string, string>> {
  return Object.fromEntries(workers.map(({ name, module }) => [`${name}.js`, `import "${module}";\n`]));
}

export function entries(workers: readonly WorkerEntry[], before: readonly string[] = []): string[] {
  return workers.flatMap(({ name, module }) => [...before, `${name}=${module}`]);
}

export function fileNames(workers: readonly WorkerEntry[]): string[] {
  return workers.map(({ name }) => `${name}.js`);
}
