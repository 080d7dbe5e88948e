/** examples/browser-page in Chromium: built with Vite, served under a strict policy, with files picked as a user picks them. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, withPage } from "../../src/launch/chromium.js";
import { type ExampleProject, exampleProject, runFromComment, SAMPLES, samplePath } from "../../src/launch/example-project.js";
import { RUN_TIMEOUT_MS } from "../../src/launch/runtime.js";

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/** Picks the files one after the other, and sends what the page shows about each one. */
const PICK = `
  const seen = {};
  for (const name of ${JSON.stringify(Object.values(SAMPLES))}) {
    const files = new DataTransfer();
    files.items.add(new File([await (await fetch("/samples/" + name)).arrayBuffer()], name + ".msl"));
    const verdict = document.querySelector("output");
    const input = document.querySelector("input");
    input.files = files.files;
    input.dispatchEvent(new Event("change"));
    while (!verdict.textContent.startsWith(name + ".msl: ")) await new Promise((resolve) => setTimeout(resolve, 10));
    seen[name] = [verdict.textContent, ...Array.from(document.querySelectorAll("li"), (item) => item.textContent)];
  }
  await fetch("/seen", { method: "POST", body: JSON.stringify(seen) });
`;

type Seen = Readonly<Record<string, readonly [string, ...string[]]>>;

let project: ExampleProject;
beforeAll(() => {
  project = exampleProject();
  runFromComment(project, "browser-page/page.ts", "npx vite build");
}, RUN_TIMEOUT_MS);
afterAll(() => project.remove(), RUN_TIMEOUT_MS);

/** Serves the built page, with a script that picks the samples, until the script has sent what it saw. */
async function pickSamples(program: string): Promise<Seen> {
  let done: (seen: Seen) => void = () => {};
  const seen = new Promise<Seen>((resolve) => {
    done = resolve;
  });
  const built = join(project.folder, "browser-page", "dist");
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "/");
    if (path === "/seen") {
      let text = "";
      request.on("data", (data: Buffer) => {
        text += data.toString();
      });
      request.on("end", () => done(JSON.parse(text)));
      response.end();
    } else if (path.startsWith("/samples/")) response.end(readFileSync(samplePath(path.slice("/samples/".length))));
    else if (path === "/pick.js") response.writeHead(200, { "content-type": "text/javascript" }).end(PICK);
    else if (!existsSync(join(built, path))) response.writeHead(404).end();
    else {
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain", "content-security-policy": POLICY });
      response.write(readFileSync(join(built, path)));
      response.end(path === "/index.html" ? '<script type="module" src="/pick.js"></script>' : undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return await withPage(program, join(project.folder, "profile"), address, () => seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("browser-page", () => {
  it("says of each picked file whether it is intact, and why it is not", { timeout: 150_000 }, async ({ skip }) => {
    const { name, program } = CHROMIUM;
    if (program === undefined) {
      if (process.env["CI"]) throw new Error(`${name} is not installed on this machine`);
      return skip(`${name} is not installed on this machine: apt-get install chromium`);
    }
    const seen = await pickSamples(program);
    const verdictOf = (sample: string) => seen[sample]?.[0];
    expect(verdictOf(SAMPLES.intact)).toMatch(/^ms-basic-plain\.msl: Intact: every link of the chain and FileHash match/);
    expect(seen[SAMPLES.intact]).toHaveLength(1);
    expect(verdictOf(SAMPLES.altered)).toMatch(/^x-flip-middle\.msl: ALTERED/);
    expect(seen[SAMPLES.altered]?.join("\n")).toContain("If one alteration is all there is, it is in block 5, bytes 1104-17607");
    expect(verdictOf(SAMPLES.truncated)).toMatch(/^x-trunc-lastblock\.msl: Incomplete/);
    expect(verdictOf(SAMPLES.encrypted)).toMatch(/^ms-enc-weak-argon2\.msl: The capture is encrypted/);
  });
});
