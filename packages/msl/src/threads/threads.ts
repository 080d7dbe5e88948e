/** What `#threads` stands for on every platform: workers that are told a task when they start, and then exchange messages. */

/** `kind` decides which script a worker runs (slab-worker-..., compression-worker-..., decompression-worker-..., argon2-worker-...). */
export interface ThreadTask {
  readonly kind: "slabs" | "compression" | "decompression" | "argon2";
}

export interface ThreadListener<Message> {
  onMessage(message: Message): void;
  /** The worker did not start, or ended before its last message. */
  onCrash(): void;
}

export interface RunningThread {
  /** Hands it a message, and these buffers with it. */
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Whether the process stays alive for it, where that can be said. It does unless told otherwise. */
  holdProcess(hold: boolean): void;
  /** Ends it wherever it is; afterwards it touches nothing any more. */
  terminate(): Promise<void>;
}

/** What a worker has of the thread that started it. */
export interface StartingThread {
  tell(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Calls `listener` with every message that comes from now on. */
  listen<Message>(listener: (message: Message) => void): void;
}
