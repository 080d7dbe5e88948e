/**
 * Follows redirects for requests with headers of the caller. `fetch` itself would send nearly all of these headers to any other host; here they
 * are sent to the origin they were given for, and to no other.
 */
import { MslError } from "../../errors.js";

/** Any function that fetches as the web platform's does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const HOPS_MOST = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface Request {
  readonly method: "HEAD" | "GET";
  /** Sent wherever the request goes. */
  readonly headers: Headers;
  /** Sent to the origin of the address only. */
  readonly secret: Headers;
  readonly signal: AbortSignal;
}

/** Where the request ended, and what was answered there. */
export interface Answer {
  readonly response: Response;
  readonly url: string;
}

/** Throws `source` for a redirect that leads nowhere, or away from encryption. */
export async function fetchFollowing(fetch: Fetch, start: string, request: Request): Promise<Answer> {
  const { origin } = new URL(start);
  let url = start;
  for (let hops = 0; hops <= HOPS_MOST; hops++) {
    const headers = new Headers(new URL(url).origin === origin ? request.secret : undefined);
    for (const [name, value] of request.headers) headers.set(name, value);
    const response = await fetch(url, { method: request.method, headers, redirect: "manual", signal: request.signal });
    // Browsers do not tell the target of a redirect.
    if (response.type === "opaqueredirect")
      throw refusal("the server redirects, which is not followed with headers in a browser");
    if (!REDIRECTS.has(response.status)) return { response, url };
    response.body?.cancel().catch(() => {});
    url = destination(response, url);
  }
  throw refusal(`the server redirects more than ${HOPS_MOST} times`);
}

function destination(response: Response, from: string): string {
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, from)) throw refusal("the server redirects without saying where to");
  const to = new URL(location, from);
  if (to.protocol !== "http:" && to.protocol !== "https:")
    throw refusal(`the server redirects to an address of another kind (${to.protocol})`);
  if (to.protocol === "http:" && from.startsWith("https:"))
    throw refusal("the server redirects to an address without encryption");
  to.username = "";
  to.password = "";
  return to.href;
}

/** `HttpRequests` adds address and offset. */
function refusal(what: string): MslError {
  return new MslError("source", what);
}
