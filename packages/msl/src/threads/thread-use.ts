/** How many threads did a piece of work, and why fewer than the caller asked for: one table of the reasons. */
import type { Crash } from "./threads.js";

const ISOLATION = "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";

/** For each reason what was found, to which a detail may be added, and what to do about it. */
const REASONS = {
  "no-workers": ["This runtime has no worker threads"],
  "plain-entry": ["@memslice/msl/plain has no worker threads", "Import from @memslice/msl or @memslice/msl/read"],
  "not-isolated": [
    "The page is not cross-origin isolated, and so has no memory that threads share",
    `Serve it with the headers ${ISOLATION}`,
  ],
  "one-processor": ["The machine has one processor"],
  "no-shared-memory": ["Memory that threads share could not be reserved"],
  "script-not-loaded": [
    "The script of a worker could not be loaded",
    "Have the bundler emit @memslice/msl/worker, and pass the address of the emitted script to initialise({ worker })",
  ],
  "worker-failed": ["A worker failed, and the caller's thread did its work"],
  "small-capture": ["The capture is so small that more workers would take longer to start than they save"],
  "slow-source": ["The source is read over a network, which is slower than one thread"],
  "native-hash": ["One thread hashes faster with @napi-rs/blake-hash than this many workers do"],
  "other-hash": ["Several threads compute only BLAKE3 of little-endian captures"],
  encrypted: ["One thread verifies the content of an encrypted capture"],
  "own-codecs": ["The functions passed as codecs cannot be called in another thread"],
  "no-work": ["There was no work for more threads"],
} as const satisfies Record<string, readonly [found: string, remedy?: string]>;

/** A stable word for each reason. */
export type ThreadReasonCode = keyof typeof REASONS;

/** All reasons. */
export const THREAD_REASONS = Object.keys(REASONS) as readonly ThreadReasonCode[];

/** Why fewer threads worked than were asked for. */
export interface ThreadReason {
  readonly code: ThreadReasonCode;
  /** A sentence for people: what was found, and what to do if something can be done. */
  readonly message: string;
}

/** How many threads worked. */
export interface ThreadUse {
  /** Threads that worked, at least 1: the caller's own, or workers in its place. */
  readonly used: number;
  /** The option `threads`. */
  readonly asked: number | "auto";
  /** Why `used` is smaller than `asked`, or why "auto" means one thread; null if it is neither. */
  readonly reason: ThreadReason | null;
}

/** `detail`: what was found in this case, such as an address, as a part of a sentence. */
export function threadReason(code: ThreadReasonCode, detail?: string): ThreadReason {
  const [found, remedy]: readonly [string, string?] = REASONS[code];
  const said = detail === undefined ? found : `${found}: ${detail}`;
  return { code, message: remedy === undefined ? said : `${said}. ${remedy}` };
}

/** The reason of a worker that ended, or of an error of `startThread`. */
export function reasonOfCrash(crash: unknown): ThreadReason {
  if (isCrash(crash)) return threadReason(crash.code, crash.message);
  return threadReason("script-not-loaded", crash instanceof Error ? crash.message : String(crash));
}

function isCrash(value: unknown): value is Crash {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    (value.code === "script-not-loaded" || value.code === "worker-failed")
  );
}

/** The reason where no thread can be started that shares memory, or none at all. */
export function reasonWithoutThreads(): ThreadReason {
  const { Worker: WorkerOfPages, crossOriginIsolated: isolated } = globalThis as {
    readonly Worker?: unknown;
    readonly crossOriginIsolated?: unknown;
  };
  return threadReason(typeof WorkerOfPages === "function" && isolated === false ? "not-isolated" : "no-workers");
}

/** What the workers of one kind of work did: how many worked, and why no more. */
export interface WorkersUse {
  /** 0: none did. */
  readonly used: number;
  readonly reason: ThreadReason;
}

/** `reason`: why no more threads worked, in case fewer worked than were asked for. "auto" asks for at least two. */
export function threadUse(used: number, asked: number | "auto", reason: ThreadReason | null): ThreadUse {
  return { used, asked, reason: used < (asked === "auto" ? 2 : asked) ? reason : null };
}

/** The use of threads as a sentence for people. */
export function describeThreads({ used, asked, reason }: ThreadUse): string {
  const worked = `${used} ${used === 1 ? "thread" : "threads"} worked`;
  const wish = asked === "auto" ? "" : ` of ${asked} asked for`;
  return reason === null ? worked : `${worked}${wish}. ${reason.message}`;
}
