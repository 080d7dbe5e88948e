/** workerd, the runtime of Cloudflare Workers, with the modules that its tools would upload. */
import type { StdioOptions } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "../checks/check.js";
import { type Child, withChild } from "./child.js";
import type { EvidenceServer } from "./evidence-server.js";
import { npmBinary } from "./npm-binary.js";
import type { Ground, Runtime } from "./runtime.js";

export const WORKERD: Runtime = {
  name: "workerd",
  facilities: [],
  program: npmBinary("workerd", "bin/workerd", "bin/workerd"),
  run: async (program, { installation, server }: Ground): Promise<CheckResult[]> => {
    const folder = join(installation.folder, "programs");
    const situation = { server: server.origin, folder: "", facilities: [] };
    const modules = ["workerd.js", ...readdirSync(folder).filter((file) => file.endsWith(".wasm"))];
    const response = await askWorker(program, { folder, modules, server }, JSON.stringify(situation));
    return response.json() as Promise<CheckResult[]>;
  },
};

interface Worker {
  readonly folder: string;
  /** Files in `folder`. The first one is the worker; files with the extension `.wasm` are compiled. */
  readonly modules: readonly string[];
  /** The server for the worker's own requests. */
  readonly server: Pick<EvidenceServer, "origin">;
}

/** Starts a worker, posts `body` to it, and ends it. Throws an `Error` if the response does not come from the worker. */
export function askWorker(program: string, worker: Worker, body: BodyInit): Promise<Response> {
  return withWorker(program, worker, async (address) => {
    const response = await fetch(address, { method: "POST", body });
    if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
    return new Response(await response.arrayBuffer());
  });
}

/** Starts a worker, passes its address and its process to `work`, and ends it afterwards. */
export function withWorker<T>(program: string, worker: Worker, work: (address: string, child: Child) => Promise<T>): Promise<T> {
  const file = `${worker.modules[0]}.capnp`;
  writeFileSync(join(worker.folder, file), configuration(worker));
  // workerd writes events, such as the port in use, to file descriptor 3.
  const options = { cwd: worker.folder, stdio: ["ignore", "pipe", "pipe", "pipe"] as StdioOptions };
  return withChild(program, ["serve", file, "--control-fd=3"], options, async (child) =>
    work(`http://127.0.0.1:${await portOf(child)}/`, child),
  );
}

/** No compatibility flags, so that none of Node's modules are available. */
function configuration({ modules, server }: Worker): string {
  const embedded = modules.map((file) => `(name = "${file}", ${file.endsWith(".wasm") ? "wasm" : "esModule"} = embed "${file}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [${embedded.join(", ")}], compatibilityDate = "2026-01-01", globalOutbound = "evidence")),
    (name = "evidence", external = (address = "${new URL(server.origin).host}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

function portOf({ process }: Child): Promise<number> {
  return new Promise((resolve) => {
    let events = "";
    process.stdio[3]?.on("data", (data: Buffer) => {
      events += data.toString();
      for (const line of events.split("\n").slice(0, -1)) {
        const event: { event: string; port?: number } = JSON.parse(line);
        if (event.event === "listen" && event.port !== undefined) resolve(event.port);
      }
    });
  });
}
