/** The options of sources of bytes. */
import type { CachingOptions } from "../source/caching-source.js";
import type { CoalescingOptions } from "../source/coalescing-source.js";
import type { HttpOptions } from "../source/http/http-options.js";
import type { RangeLimits } from "../source/range-plan.js";
import { callback, checksOf, countOf, either, integer, mapOf, methods, required, signal, tableOf, text } from "./checks.js";

/** Timers count in 32 bits. */
const TIMER_MOST = 2 ** 31 - 1;

export const HTTP = checksOf<HttpOptions>()({
  fetch: callback(),
  headers: either(methods<Headers>("a Headers object", "get", "forEach"), mapOf(text)),
  wholeFileLimit: countOf("bytes"),
  stallTimeout: integer(1, TIMER_MOST, "milliseconds"),
});

const GAP = countOf("bytes");
const LENGTH = countOf("bytes");

export const HTTP_SOURCE = tableOf<HttpOptions & { signal?: AbortSignal }>("httpSource")({ ...HTTP, signal });
export const CACHING_SOURCE = tableOf<CachingOptions>("CachingSource")({
  pageSize: countOf("bytes", 1),
  maxBytes: countOf("bytes"),
});
export const COALESCING_SOURCE = tableOf<CoalescingOptions>("CoalescingSource")({ maxGap: GAP, maxLength: LENGTH });
export const PLAN_RANGES = tableOf<RangeLimits>("planRanges")({ maxGap: required(GAP), maxLength: required(LENGTH) });
