/** The schema of the report of `msl capture`. */
import { THREAD_REASONS } from "@memslice/msl";
import { boolean, count, decimal, hex, list, nullable, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { address, DRAFT, failure } from "./documents.mjs";

const CODES = [
  ...[
    "no-such-process",
    "ambiguous-name",
    "not-a-process",
    "own-process",
    "zombie",
    "kernel-thread",
    "other-user",
    "missing-capability",
    "yama-scope",
  ],
  "output-not-writable",
  ...["security-module", "not-dumpable", "no-page-map", "memory-denied", "main-thread-ended", "already-traced", "pid-namespace"],
];
const REASONS = [
  "dontdump",
  "device",
  "ranges",
  "paths",
  "protection",
  "max-region",
  "file-backed",
  "not-modified",
  "same-as-file",
];
const number = { type: "number", minimum: 0 };
const investigation = object({
  processes: count,
  connections: count,
  handles: count,
  connectivity: count,
  connectionsWithoutProcess: count,
  otherSockets: list(object({ kind: text, count })),
  networkNamespaces: count,
  kernelHostname: text,
  gaps: list(object({ source: text, reason: text, count })),
});

const report = object(
  {
    schema: { const: "msl.capture/1" },
    file: text,
    pid: count,
    exePath: text,
    dumpUuid: text,
    startedNs: decimal,
    endedNs: decimal,
    blocks: count,
    size: count,
    fileHash: hex,
    threads: object({
      used: count,
      asked: { anyOf: [count, { const: "auto" }] },
      reason: nullable(object({ code: { enum: THREAD_REASONS }, message: text })),
    }),
    regionBlocks: count,
    pageBytes: count,
    pages: object({ captured: count, failed: count, unmapped: count }),
    leftOut: list(object({ start: address, end: address, path: text, reason: { enum: REASONS } })),
    changes: list(list(object({ start: address, end: address, change: { enum: ["added", "removed", "changed"] }, path: text }))),
    consistent: boolean,
    targetEnded: boolean,
    complete: boolean,
    processThreads: list(object({ tid: count, name: text, state: text })),
    relatedDumps: list(
      object({ relatedDumpUuid: text, relatedPid: count, relationship: { enum: ["parent", "child", "other"] } }),
    ),
    modules: list(
      object({ path: text, base: address, size: decimal, deleted: boolean }, { buildId: hex, version: text, diskHash: hex }),
    ),
  },
  {
    time: text,
    digest: hex,
    sha256: hex,
    modified: list(
      object({
        ...{ start: address, end: address, path: text, rule: { enum: ["compared", "page-map", "shared", "whole"] } },
        ...{ copiedPages: count, equalPages: count },
      }),
    ),
    investigation,
    freeze: object({ method: { enum: ["cgroup", "signal", "before"] }, stoppedMs: number, wentOn: boolean }),
  },
);

const named = {
  ...{ pid: count, parentPid: count, name: text, exePath: text, uid: count, user: text },
  ...{ startTimeNs: decimal, commandLine: text },
};

const tree = object(
  {
    ...{ schema: { const: "msl.capture/1" }, folder: text, pid: count, complete: boolean },
    processes: list(
      object(
        { ...named, depth: count, findings: list(ref("finding")) },
        { file: text, capture: ref("report"), error: object({ code: text, message: text }), notStopped: text },
      ),
    ),
    appeared: list(ref("process")),
    ended: list(count),
  },
  { time: text },
);

const series = object(
  {
    ...{ schema: { const: "msl.capture/1" }, pid: count, asked: count, everyMs: number, complete: boolean },
    captures: list(ref("report")),
  },
  {
    time: text,
    ended: { enum: ["process-ended", "interrupted", "failed"] },
    partial: text,
    error: object({ code: text, message: text }),
  },
);

export const capture = {
  $schema: DRAFT,
  title: "msl.capture/1",
  description:
    "The document of `msl capture --json`, and a line of the case log of --log, which has `time` besides, and `file`, `pid` and `error` of a capture that was not made. `pages` counts pages of `pageBytes` bytes by their state. `leftOut`: mapped memory that is not in the capture. `modified`, with --only-modified: the mappings of files, and by which `rule` modified pages were told: `compared` with the file, by the `page-map` alone, none of a `shared` mapping, the `whole` one of a file without a name; `copiedPages`, of which the process has copies, and `equalPages` of them, which have the bytes of the file and are left out. `changes`: how mappings changed, in rounds; what one round found was captured again. `consistent`: the last look found no change. `freeze` is absent if the process went on running; its `wentOn` says that something else let the stopped process go on before its memory was read. `relatedDumps`: captures that this one names, by DumpUUID, and how their process is related to this one. `investigation`, of an investigation only: numbers of rows of the tables of the host; `otherSockets`, which the Connection Table has no code for; `gaps`: what could not be read, by source and reason. `digest` is the hash of the whole file by the hash algorithm of the capture, absent for an encrypted one, which has `sha256`; `diskHash` that of a module's file. With --check, or if the process cannot be captured: `findings`, each with a stable code, what was found, and what would allow the capture. If --name does not mean one process, `candidates` has all that it can mean. With --tree: `processes` of the tree, each with its `file` in `folder` and its `capture`, or the `error` that kept it from being captured; `notStopped`: why it went on running; `appeared`: processes that came later and are not captured; `ended`: pids of those that have ended; this document is captures.json of the folder, too. With --repeat: the `captures` of the series, and why it `ended` before all that were `asked` for; `partial`: a last file without its end.",
  anyOf: [
    ref("report"),
    tree,
    series,
    object(
      { schema: { const: "msl.capture/1" }, pid: count, permitted: boolean, findings: list(ref("finding")) },
      { processes: list(object({ ...named, depth: count, findings: list(ref("finding")) })) },
    ),
    object(
      { schema: { const: "msl.capture/1" }, error: failure, findings: list(ref("finding")) },
      { candidates: list(ref("process")) },
    ),
    object({ time: text, schema: { const: "msl.capture/1" }, file: text, pid: count, error: failure }),
  ],
  $defs: {
    report,
    process: object(named),
    finding: object({ code: { enum: CODES }, blocks: boolean, found: text, remedy: text }),
  },
};
