/** What `#threads` stands for on every platform. */
import type { ThreadMessage } from "./thread-task.js";

export interface ThreadListener {
  onMessage(message: ThreadMessage): void;
  /** The worker did not start, or ended before its last message. */
  onCrash(): void;
}

export interface RunningThread {
  /** Ends it wherever it is; afterwards it touches nothing any more. */
  terminate(): Promise<void>;
}
