/** A page in Chromium that takes a file from its file picker, driven through the DevTools protocol over pipes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { chromiumParameters } from "../../processes/chromium.js";

/** Headers that make a page cross-origin isolated, which gives it memory that threads share. */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const PAGE = `<!doctype html><input type="file" id="file"><script type="module" src="/page.js"></script>`;
const START_MS = 30_000;

export class ChromiumPage {
  readonly #child: ChildProcess;
  readonly #server: Server;
  readonly #profile: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #asked = 0;
  #session: string | undefined;

  private constructor(child: ChildProcess, server: Server, profile: string) {
    this.#child = child;
    this.#server = server;
    this.#profile = profile;
    let heard = "";
    pipeOf(child, 4).on("data", (data: Buffer) => {
      const messages = (heard + data.toString()).split("\0");
      heard = messages.pop() ?? "";
      for (const message of messages) this.#hear(JSON.parse(message));
    });
  }

  /** Opens a cross-origin isolated page. `scripts`: by name; page.js runs in the page, and sets `ready` on the global object when it has run. */
  static async open(program: string, scripts: ReadonlyMap<string, string>): Promise<ChromiumPage> {
    const server = createServer(({ url = "/" }, response) => {
      const script = scripts.get(url.slice(1));
      const type = script === undefined ? "text/html" : "text/javascript";
      response.writeHead(script === undefined && url !== "/" ? 404 : 200, { "content-type": type, ...ISOLATION });
      response.end(script ?? PAGE);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const profile = mkdtempSync(join(tmpdir(), "memslice-chromium-"));
    const parameters = [...chromiumParameters(profile), "--remote-debugging-pipe", "about:blank"];
    // Chromium is told through pipe 3, and answers through pipe 4.
    const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    const page = new ChromiumPage(child, server, profile);
    try {
      await page.#load(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      return page;
    } catch (error) {
      await page.close();
      throw error;
    }
  }

  /** Picks a file in the page, as a user does. */
  async pick(path: string): Promise<void> {
    const { root } = await this.#ask("DOM.getDocument", {});
    const { nodeId } = await this.#ask("DOM.querySelector", { nodeId: root?.nodeId, selector: "#file" });
    await this.#ask("DOM.setFileInputFiles", { files: [path], nodeId });
  }

  /** The value of an expression, awaited if it is a promise. Throws an `Error` with the text of an exception of the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#ask("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result?.value;
  }

  async close(): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, "exit") : undefined;
    this.#child.kill();
    await ended;
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #load(address: string): Promise<void> {
    const { targetId } = await this.#ask("Target.createTarget", { url: address });
    const { sessionId } = await this.#ask("Target.attachToTarget", { targetId, flatten: true });
    this.#session = sessionId;
    const deadline = performance.now() + START_MS;
    // Before the document is there, the page has no context in which an expression could be evaluated.
    while (!(await this.evaluate("globalThis.ready === true").catch(() => false))) {
      if (performance.now() > deadline) throw new Error(`The page did not start within ${START_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #ask(method: string, params: object): Promise<Result> {
    const id = ++this.#asked;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    const answered = new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) =>
        result ? resolve(result) : reject(new Error(`${method}: ${error?.message ?? "no result"}`)),
      );
    });
    pipeOf(this.#child, 3).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return answered;
  }

  #hear(answer: Answer): void {
    if (answer.id === undefined) return;
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }
}

/** The properties of the protocol's results that are used here. */
interface Result {
  readonly targetId?: string;
  readonly sessionId?: string;
  readonly root?: { readonly nodeId: number };
  readonly nodeId?: number;
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

interface Answer {
  readonly id?: number;
  readonly result?: Result;
  readonly error?: { readonly message: string };
}

function pipeOf(child: ChildProcess, number: 3 | 4): Duplex {
  const pipe = child.stdio[number];
  if (!pipe) throw new Error(`Chromium has no pipe ${number}`);
  return pipe as Duplex;
}
