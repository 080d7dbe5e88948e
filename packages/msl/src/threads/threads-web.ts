/** Workers of browsers. */
import type { Crash, NewWorker, RunningThread, StartedWorker, ThreadListener, ThreadTask, WorkerScript } from "./threads.js";

/** Threads that can work at the same time; 0 where there are none. Only pages that are cross-origin isolated may share memory. */
export function availableThreads({ sharedMemory }: { readonly sharedMemory: boolean }): number {
  const canStart = typeof Worker === "function" && (!sharedMemory || globalThis.crossOriginIsolated === true);
  return canStart ? navigator.hardwareConcurrency : 0;
}

/** `script`: the script to run, or what makes the worker of a kind whose script this module does not name. */
export function startThread<Message>(
  task: ThreadTask,
  { onMessage, onCrash }: ThreadListener<Message>,
  script?: WorkerScript | NewWorker,
): RunningThread {
  const worker = startWorker(task, script);
  worker.addEventListener("message", ({ data }: MessageEvent<Message>) => onMessage(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    onCrash(crashOf(event, task, script));
  });
  worker.addEventListener("messageerror", () =>
    onCrash({ code: "worker-failed", message: "a message could not be passed to it" }),
  );
  worker.postMessage(task);
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    holdProcess: () => {},
    terminate: async () => worker.terminate(),
  };
}

function startWorker(task: ThreadTask, script: WorkerScript | NewWorker | undefined): Worker {
  if (typeof script === "function") return requireWorker(script(task));
  return script === undefined ? startNamed(task) : new Worker(script, { type: "module" });
}

/** Bundlers recognise only expressions of this form, and emit the script of each that they meet: a page that only reads does not compress. */
function startNamed({ kind }: ThreadTask): Worker {
  switch (kind) {
    case "hash":
      return new Worker(new URL("./hash-worker-web.js", import.meta.url), { type: "module" });
    case "decompression":
      return new Worker(new URL("./decompression-worker-web.js", import.meta.url), { type: "module" });
    case "argon2":
      return new Worker(new URL("./argon2-worker-web.js", import.meta.url), { type: "module" });
    default:
      throw new TypeError(`The script of a worker of the kind ${kind} is not named in this module`);
  }
}

function requireWorker(started: StartedWorker): Worker {
  if (started instanceof Worker) return started;
  throw new TypeError("the function passed as initialise({ worker }) returned something else than a Worker");
}

/** Only an error inside a script that was loaded has a message. */
function crashOf(event: ErrorEvent, { kind }: ThreadTask, script: WorkerScript | NewWorker | undefined): Crash {
  if (event.message) return { code: "worker-failed", message: `${event.message} (${event.filename}:${event.lineno})` };
  return { code: "script-not-loaded", message: addressOf(kind, script) };
}

/** Bundlers give scripts other names and addresses; the module's own address then says only where the program was loaded from. */
function addressOf(kind: ThreadTask["kind"], script: WorkerScript | NewWorker | undefined): string {
  if (script !== undefined && typeof script !== "function") return new URL(script, globalThis.location.href).href;
  const program = import.meta.url;
  return /^https?:/.test(program) ? new URL(`${kind}-worker-web.js`, program).href : `${kind}-worker-web.js`;
}
