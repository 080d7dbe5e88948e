/** The checks of the options that several questions to memory have. A question has its table beside its own options. */
import { ADDRESS_SPACE_END, bigint, callback, checksOf, countOf, either, oneOf, signal, THREADS } from "@memslice/msl/work";
import type { FindingsOptions, QuestionOptions } from "../asking/question.js";

const ADDRESS = bigint(0n, ADDRESS_SPACE_END);
/** The rule of the option `limit`. */
export const LIMIT = either(countOf("findings", 1), oneOf([Number.POSITIVE_INFINITY]));

export const QUESTION = checksOf<QuestionOptions>()({
  from: ADDRESS,
  to: ADDRESS,
  threads: THREADS,
  signal,
  onProgress: callback(),
});
export const FINDINGS = checksOf<FindingsOptions>()({ ...QUESTION, limit: LIMIT });
