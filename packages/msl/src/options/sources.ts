/** The options of sources of bytes. */
import type { CachingOptions } from "../source/caching-source.js";
import type { CoalescingOptions } from "../source/coalescing-source.js";
import type { HttpOptions } from "../source/http/http-requests.js";
import { callback, checksOf, countOf, either, integer, mapOf, methods, signal, tableOf, text } from "./checks.js";

/** Timers count in 32 bits. */
const TIMER_MOST = 2 ** 31 - 1;

export const HTTP = checksOf<HttpOptions>()({
  fetch: callback(),
  headers: either(methods<Headers>("a Headers object", "get", "forEach"), mapOf(text)),
  wholeFileLimit: countOf("bytes"),
  stallTimeout: integer(1, TIMER_MOST, "milliseconds"),
});

export const HTTP_SOURCE = tableOf<HttpOptions & { signal?: AbortSignal }>("httpSource")({ ...HTTP, signal });
export const CACHING_SOURCE = tableOf<CachingOptions>("CachingSource")({
  pageSize: countOf("bytes", 1),
  maxBytes: countOf("bytes"),
});
export const COALESCING_SOURCE = tableOf<CoalescingOptions>("CoalescingSource")({
  maxGap: countOf("bytes"),
  maxLength: countOf("bytes"),
});
