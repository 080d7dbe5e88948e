/** The script of the workers of this package. */
import { MslError } from "@memslice/msl";
import type { WorkerScript } from "@memslice/msl/work";
import { newLookingWorker } from "#looking-worker";

/** Options of `initialiseAnalysis`. */
export interface InitialiseAnalysisOptions {
  /**
   * The script of every worker of this package, for programs whose bundler does not emit the scripts of workers by itself: the address of
   * `@memslice/analysis/worker` as the bundler emitted it, or a function that starts it and returns the worker. Default: the script of the package.
   */
  readonly worker?: WorkerScript;
}

let script: WorkerScript | undefined;

/** Sets the options for all workers of this package that start later; an option that is left out gets its default. Throws `usage`. */
export function initialiseAnalysis({ worker }: InitialiseAnalysisOptions): void {
  if (worker !== undefined && typeof worker !== "string" && typeof worker !== "function" && !(worker instanceof URL)) {
    throw new MslError("usage", "initialiseAnalysis: the option worker is neither a text nor a URL nor a function");
  }
  script = worker;
}

/** The script to start workers with; undefined where there are no workers. */
export function lookingScript(): WorkerScript | undefined {
  return script ?? newLookingWorker;
}
