/** The tables of an investigation: which of them the capture is going to hold, and writing them block by block. */
import { closeSync, openSync } from "node:fs";
import type { Content, MslWriter, WritableConnectivityTableRow } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { hidesProcesses } from "../preflight/preflight.js";
import { errnoOf } from "../proc/proc-file.js";
import { memoryTask } from "../proc/process-threads.js";
import { connectionRows, type OtherSockets, otherSockets } from "./connections.js";
import { connectivityRows, interfaceRows } from "./connectivity.js";
import { Gaps, type InvestigationGap } from "./gaps.js";
import type { Host } from "./host.js";
import type { InvestigationOptions } from "./investigation-options.js";
import { handleRows } from "./open-handles.js";
import { processRows } from "./processes.js";
import { networkFolders, socketOwners } from "./socket-owners.js";
import { kernelHostname, systemContextOf } from "./system-context.js";
import { inPieces } from "./table-pieces.js";

/** Numbers of rows of the tables of the host, and what is not in them. */
export interface InvestigationReport {
  readonly processes: number;
  readonly connections: number;
  readonly handles: number;
  readonly connectivity: number;
  /** Connections whose process is not known: sockets that no process has any more, or whose process may not be looked at. */
  readonly connectionsWithoutProcess: number;
  readonly otherSockets: readonly OtherSockets[];
  readonly networkNamespaces: number;
  /** The name that the host has for itself, whatever the operator calls it. */
  readonly kernelHostname: string;
  readonly gaps: readonly InvestigationGap[];
}

export class Investigation {
  /** The tables that the capture is going to hold. */
  readonly contents: readonly Content[];
  readonly #options: InvestigationOptions;
  readonly #host: Host;
  readonly #interfaces = interfaceRows();

  /** A table that cannot be read is no table of the capture, and a gap. */
  constructor(pid: number, options: InvestigationOptions, signal: AbortSignal | undefined) {
    const gaps = new Gaps();
    this.#options = options;
    this.#host = { pid, gaps, slice: new TimeSlice(signal) };
    if (this.#interfaces.length === 0) gaps.note("/proc/net/dev", "unreadable");
    if (hidesProcesses()) gaps.note("/proc", "hidepid");
    this.contents = [
      "ProcessTable",
      ...(canOpen("/proc/self/net/tcp", gaps) ? (["ConnectionTable"] as const) : []),
      ...(canOpen(`/proc/${memoryTask(pid)}/fd`, gaps) ? (["HandleTable"] as const) : []),
      ...(this.#interfaces.length > 0 ? (["ConnectivityTable"] as const) : []),
    ];
  }

  /** Writes System Context and the tables. Descriptors are read before connections, to find their processes, and again for their own table. */
  async write(writer: MslWriter): Promise<InvestigationReport> {
    const host = this.#host;
    await writer.systemContext(systemContextOf(this.#options));
    const processes = await this.#write("ProcessTable", processRows(host), (entries) => writer.processTable({ entries }));
    const owners = await socketOwners(host);
    const folders = await networkFolders(host);
    let connectionsWithoutProcess = 0;
    const connections = await this.#write("ConnectionTable", connectionRows(host, folders, owners), (entries) => {
      for (const { pid } of entries) if (pid === 0) connectionsWithoutProcess++;
      return writer.connectionTable({ entries });
    });
    const handles = await this.#write("HandleTable", handleRows(host), (entries) => writer.handleTable({ entries }));
    const network = startingWith(this.#interfaces, connectivityRows(host, owners));
    const connectivity = await this.#write("ConnectivityTable", network, (rows) => writer.connectivityTable({ rows }));
    return {
      ...{ processes, connections, handles, connectivity, connectionsWithoutProcess },
      ...{ otherSockets: await otherSockets(host, folders), networkNamespaces: folders.length },
      ...{ kernelHostname: kernelHostname(), gaps: host.gaps.list() },
    };
  }

  /** Returns the number of rows; 0 for a table that the capture does not have. */
  async #write<T>(table: Content, rows: AsyncIterable<readonly T[]>, write: (piece: T[]) => Promise<unknown>): Promise<number> {
    let count = 0;
    if (!this.contents.includes(table)) return count;
    for await (const piece of inPieces(rows)) {
      await write(piece);
      count += piece.length;
    }
    return count;
  }
}

async function* startingWith(
  first: readonly WritableConnectivityTableRow[],
  rest: AsyncIterable<readonly WritableConnectivityTableRow[]>,
): AsyncGenerator<readonly WritableConnectivityTableRow[], void, undefined> {
  yield first;
  yield* rest;
}

/** Whether a file or folder may be read. If not, the capture does not have its table. */
function canOpen(path: string, gaps: Gaps): boolean {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch (cause) {
    gaps.note(path, errnoOf(cause) ?? String(cause));
    return false;
  }
}
