/** The parts of an address: the URL to request, the credentials in it, and the name that messages may show. */
import { MslError } from "../../errors.js";

export interface HttpAddress {
  /** Without user name and password, which `fetch` refuses in a URL. */
  readonly href: string;
  /** Texts that messages must not show: user name, password and every value of the query, as written and decoded. */
  readonly secrets: readonly string[];
  /** The address without user name, password, query and fragment, all of which may hold keys. */
  readonly name: string;
  /** The Authorization header for the user name and password of the URL. */
  readonly authorization: string | undefined;
}

/** Whether a text is a URL of http or https. It needs `//`: a file may have the name `http:127.0.0.1`. */
export function isHttpUrl(input: string | URL): boolean {
  return /^https?:\/\//i.test(String(input));
}

/**
 * A URL as it may be shown: without user name, password, query and fragment, which may hold keys. Any other text comes back as it is.
 */
export function shownAddress(text: string): string {
  if (!isHttpUrl(text)) return text;
  if (URL.canParse(text)) return nameOf(new URL(text));
  return text.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/s, "//");
}

function nameOf({ origin, pathname }: URL): string {
  return origin + pathname;
}

/** Throws `usage`. The message does not repeat the URL: it may hold keys. */
export function httpAddress(input: string | URL): HttpAddress {
  if (!isHttpUrl(input)) throw new MslError("usage", "The URL does not begin with http:// or https://");
  try {
    const url = new URL(input);
    const secrets = secretsOf(url);
    const user = url.username || url.password ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : "";
    url.username = "";
    url.password = "";
    url.hash = "";
    return {
      href: url.href,
      secrets,
      name: nameOf(url),
      authorization: user ? `Basic ${base64(user)}` : undefined,
    };
  } catch {
    throw new MslError("usage", "The http URL is malformed");
  }
}

/** Characters. A shorter text is no secret, and may be part of a message by chance. */
const SECRET_LEAST = 4;

function secretsOf({ username, password, search, searchParams }: URL): string[] {
  const written = search
    .slice(1)
    .split("&")
    .map((pair) => pair.slice(pair.indexOf("=") + 1));
  const given = [username, password, search, ...written, ...searchParams.values()];
  const decoded = [username, password].map((part) => decodeURIComponent(part));
  // Longest first: one secret may be part of another.
  return [...new Set([...given, ...decoded])].filter(({ length }) => length >= SECRET_LEAST).sort((a, b) => b.length - a.length);
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
