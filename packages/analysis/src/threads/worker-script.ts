/** The script of the workers of this package. */
import { callback, either, methods, requireOptions, tableOf, text, type WorkerScript } from "@memslice/msl/work";
import { newLookingWorker, startAhead } from "#looking-worker";

/** Options of `initialiseAnalysis`. */
export interface InitialiseAnalysisOptions {
  /**
   * The script of every worker of this package, for programs whose bundler does not emit the scripts of workers by itself: the address of
   * `@memslice/analysis/worker` as the bundler emitted it, or a function that starts it and returns the worker. Default: the script of the package.
   */
  readonly worker?: WorkerScript;
}

export const INITIALISE_ANALYSIS = tableOf<InitialiseAnalysisOptions>("initialiseAnalysis")({
  worker: either(either(text, methods<URL>("a URL", "toString", "toJSON")), callback<Exclude<WorkerScript, string | URL>>()),
});

let script: WorkerScript | undefined;

/** Sets the options for all workers of this package that start later; an option that is left out gets its default. Throws `usage`. */
export function initialiseAnalysis(options: InitialiseAnalysisOptions): void {
  requireOptions(INITIALISE_ANALYSIS, options);
  script = options.worker;
}

/** The script to start workers with; undefined where there are no workers. */
export function lookingScript(): WorkerScript | undefined {
  return script ?? newLookingWorker;
}

/** Starts workers that load before there is a question for them. `workers`: their number. Programs that have set a script of their own start workers with each question. */
export function startLookingWorkers(workers: number): void {
  if (script === undefined) startAhead(workers);
}
