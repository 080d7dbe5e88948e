/** workerd, the runtime of Cloudflare Workers, with the modules that its tools would upload. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "../checks/check.js";
import { type Child, withChild } from "./child.js";
import { npmBinary } from "./npm-binary.js";
import type { Ground, Runtime } from "./runtime.js";

export const WORKERD: Runtime = {
  name: "workerd",
  facilities: [],
  program: npmBinary("workerd", "bin/workerd", "bin/workerd"),
  run: async (program, { installation, server }: Ground): Promise<CheckResult[]> => {
    const folder = join(installation.folder, "programs");
    writeFileSync(join(folder, "workerd.capnp"), configuration(folder, new URL(server.origin).host));
    // Events such as the port in use are written to descriptor 3.
    const parameters = ["serve", "workerd.capnp", "--control-fd=3"];
    return withChild(program, parameters, { cwd: folder, stdio: ["ignore", "pipe", "pipe", "pipe"] }, async (child) => {
      const situation = { server: server.origin, folder: "", facilities: [] };
      const response = await fetch(`http://127.0.0.1:${await portOf(child)}/`, {
        method: "POST",
        body: JSON.stringify(situation),
      });
      if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
      return response.json() as Promise<CheckResult[]>;
    });
  },
};

/** Without compatibility flags: nothing of Node is there. */
function configuration(folder: string, evidence: string): string {
  const modules = [
    `(name = "workerd.js", esModule = embed "workerd.js")`,
    ...readdirSync(folder)
      .filter((file) => file.endsWith(".wasm"))
      .map((file) => `(name = "${file}", wasm = embed "${file}")`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [${modules.join(", ")}], compatibilityDate = "2026-01-01", globalOutbound = "evidence")),
    (name = "evidence", external = (address = "${evidence}", http = ())),
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
