/** The workers of the platform, with counts of what is done with them, in place of `#threads`. */
import type { RunningThread } from "../../src/threads/threads.js";

type Platform = typeof import("#threads");

/** `available`: the number of workers that may start; without it, the number of the platform. */
export function watchedWorkers(available?: number) {
  return {
    available,
    started: 0,
    jobs: 0,
    terminated: 0,
    /** The shared memories that jobs of hashing name. */
    memories: new Set<SharedArrayBuffer>(),
    /** Called with the worker before each of its jobs. `job`: how many jobs all workers have got, with this one. */
    beforeJob: (_thread: RunningThread, _job: number): void => {},
    /** Whether no worker can be started. */
    refuse: false,
    /** Whether workers get no jobs, so that they never answer. */
    silent: false,

    /** The platform for `vi.mock("#threads", ...)`. */
    around(platform: Platform): Platform {
      const startThread = (...given: Parameters<Platform["startThread"]>): RunningThread => {
        if (this.refuse) throw new Error("workers are forbidden here");
        this.started++;
        const thread = platform.startThread(...given);
        return {
          ...thread,
          post: (...message) => {
            this.beforeJob(thread, ++this.jobs);
            const { pieces = [] } = message[0] as { pieces?: readonly { memory: SharedArrayBuffer }[] };
            for (const { memory } of pieces) this.memories.add(memory);
            if (!this.silent) thread.post(...message);
          },
          terminate: () => {
            this.terminated++;
            return thread.terminate();
          },
        };
      };
      return { ...platform, availableThreads: (...given) => this.available ?? platform.availableThreads(...given), startThread };
    },
  };
}
