import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture } from "./run-msl.js";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
let server: Server;
let origin = "";

beforeAll(async () => {
  const bytes = readFileSync(capture("ms-basic-plain"));
  server = createServer((request, response) => {
    if (request.url?.startsWith("/silent.msl")) return;
    const there = request.url?.startsWith("/evidence.msl") ?? false;
    response.writeHead(there ? 200 : 404, there ? { "content-length": bytes.length } : {});
    response.end(request.method === "HEAD" || !there ? undefined : bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs the command without blocking this process, in which the server runs. */
function run(args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, output })));
}

describe("a URL with user, password and signature", () => {
  const url = (path: string) => `http://hidden-user:hidden-pass@${origin}/${path}?sig=hidden-signature`;

  it.each(["info", "info --json --verify", "verify", "verify -v --json", "blocks --json", "blocks --ndjson", "dump --json"])(
    "a URL is printed without its user, password and signature by `msl %s`",
    async (words) => {
      const args = words.split(" ");
      const { status, output } = await run([...args, url("evidence.msl")]);
      expect(status).toBe(0);
      if (args[0] !== "blocks" || args.length > 1) expect(output).toContain(`http://${origin}/evidence.msl`);
      expect(output).not.toMatch(/hidden/);
    },
  );

  it.each(["info", "verify --json", "transcode"])(
    "a URL is printed without its user, password and signature in the error of `msl %s`",
    async (words) => {
      const args = words.split(" ");
      const { status, output } = await run([...args, url("absent.msl"), ...(args[0] === "transcode" ? ["/dev/null"] : [])]);
      expect(status).not.toBe(0);
      expect(output).not.toMatch(/hidden/);
    },
  );
});

it.each([["info"], ["verify"], ["blocks"], ["dump"], ["transcode"]])(
  "msl %s fails if a server sends nothing for --limit stallTimeout milliseconds, and names the option",
  async (command) => {
    const target = command === "transcode" ? ["/dev/null"] : [];
    const { status, output } = await run([command, `http://${origin}/silent.msl`, ...target, "--limit", "stallTimeout=50"]);
    expect(status).toBe(2);
    expect(output).toContain("did not answer for 50 ms (--limit stallTimeout=VALUE)");
  },
);
