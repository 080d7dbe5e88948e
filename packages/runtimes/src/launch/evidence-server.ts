/** The web server for all runtimes. Serves samples by ranges and, for browsers, the packages, the programs and their pages. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importMap } from "./import-map.js";
import { answer, servedBytes } from "./range-answers.js";

export const SAMPLES_FOLDER = fileURLToPath(new URL("../../../../fixtures/captures", import.meta.url));

const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".json": "application/json" };
/** Headers that make a page cross-origin isolated, which gives it SharedArrayBuffer. */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
/** The strictest policy that allows WebAssembly; the nonce is for the import map. Ends with the sources of scripts. */
const POLICY = "default-src 'self'; script-src 'self' 'nonce-map' 'wasm-unsafe-eval'";

/** Longer than any run: workerd reports an idle connection that the server closes as a lost one. */
const KEPT_ALIVE_MS = 600_000;

export interface EvidenceServer {
  readonly origin: string;
  /** The files of the site that were sent so far, as paths in its folder. */
  readonly sent: ReadonlySet<string>;
  /** Resolves to the results that the page of run `id` sends. */
  results(id: string): Promise<unknown>;
  close(): void;
}

export interface EvidenceServerOptions {
  /** The folder of a site whose `index.html` and scripts are served at the root; default: none. */
  readonly site?: string;
  /** The policy of pages. */
  readonly policy?: string;
}

export async function serveEvidence(
  installation: string,
  { site, policy = POLICY }: EvidenceServerOptions = {},
): Promise<EvidenceServer> {
  const sent = new Set<string>();
  const waiting = new Map<string, (results: unknown) => void>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, area, ...rest] = decodeURIComponent(url.pathname).split("/");
    const name = rest.join("/");
    if (area === "samples" && name === "") sendJson(response, sampleNames());
    else if (area === "samples") answer(servedBytes(readFileSync(join(SAMPLES_FOLDER, name))), request, response);
    else if (area === "page") sendPage(response, installation, name, pageHeaders(policy, url.searchParams.has("isolated")));
    else if (area === "results") receive(request, response, (results) => waiting.get(name)?.(results));
    // Isolated pages start only isolated workers; the headers have no effect on other pages.
    else if (area === "programs" || area === "node_modules") sendFile(response, join(installation, area, name));
    else if (site !== undefined && area === "") {
      const page = readFileSync(join(site, "index.html"), "utf8");
      const headers = pageHeaders(`${policy}${inlineScripts(page)}`, url.searchParams.has("isolated"));
      response.writeHead(200, headers).end(page);
    } else if (site !== undefined) {
      const path = url.pathname.slice(1);
      sendFile(response, join(site, path));
      sent.add(path);
    } else response.writeHead(404).end();
  };
  const server = createServer({ keepAliveTimeout: KEPT_ALIVE_MS }, (request, response) => {
    try {
      handle(request, response);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    results: (id) => new Promise((resolve) => waiting.set(id, resolve)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function sampleNames(): string[] {
  const captures = readdirSync(SAMPLES_FOLDER).filter((file) => file.endsWith(".msl"));
  return captures.map((file) => file.slice(0, -".msl".length)).sort();
}

/** The hashes of the scripts in a page, for the end of its policy. Parcel writes an import map into the page. */
function inlineScripts(page: string): string {
  const scripts = Array.from(page.matchAll(/<script[^>]*>([^<]+)<\/script>/g), ([, text = ""]) => text);
  return scripts.map((text) => ` 'sha256-${createHash("sha256").update(text).digest("base64")}'`).join("");
}

function pageHeaders(policy: string, isolated: boolean): Record<string, string> {
  return { "content-type": "text/html", "content-security-policy": policy, ...(isolated ? ISOLATION : {}) };
}

function sendPage(response: ServerResponse, installation: string, program: string, headers: Record<string, string>): void {
  const map = JSON.stringify(importMap(join(installation, "node_modules"), "/node_modules/"));
  response.writeHead(200, headers);
  response.write(`<!doctype html><script type="importmap" nonce="map">${map}</script>`);
  response.end(`<script type="module" src="/programs/${program}.js"></script>`);
}

function sendFile(response: ServerResponse, path: string): void {
  const bytes = readFileSync(path);
  response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", ...ISOLATION }).end(bytes);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function receive(request: IncomingMessage, response: ServerResponse, use: (value: unknown) => void): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    response.end();
    use(JSON.parse(Buffer.concat(chunks).toString()));
  });
}
