/** An address taken apart: what is requested, what authorizes it, and how it may be called in messages. */
import { MslError } from "../../errors.js";

export interface HttpAddress {
  /** Without user name and password, which `fetch` refuses in a URL. */
  readonly href: string;
  /** With its question mark; empty if there is none. */
  readonly query: string;
  /** Without query and fragment as well: these may hold keys. */
  readonly name: string;
  /** Of the user name and password in the URL. */
  readonly authorization: string | undefined;
}

export function isHttpUrl(input: string | URL): boolean {
  return /^https?:/i.test(input instanceof URL ? input.protocol : input);
}

/** Throws `usage`. The message does not repeat the URL: it may hold keys. */
export function httpAddress(input: string | URL): HttpAddress {
  if (!isHttpUrl(input)) throw new MslError("usage", "The URL does not begin with http: or https:");
  try {
    const url = new URL(input);
    const user = url.username || url.password ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : "";
    url.username = "";
    url.password = "";
    url.hash = "";
    return {
      href: url.href,
      query: url.search,
      name: url.origin + url.pathname,
      authorization: user ? `Basic ${base64(user)}` : undefined,
    };
  } catch {
    throw new MslError("usage", "The http URL is malformed");
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
