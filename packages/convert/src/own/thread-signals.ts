/**
 * Signals of threads. A capture has no field for them: an import tells them in Note of Import Provenance (told-signals.ts), from which an export takes them back. Sources:
 * siginfo_t (asm-generic/siginfo.h), signal(7).
 */
import { sentencesOf } from "./note-sentences.js";

/** The signal that stopped a thread. */
export interface ThreadSignal {
  /** si_signo, 1 to 64. */
  readonly number: number;
  /** si_code. */
  readonly code: number;
  /** si_addr, of signals that have one. */
  readonly address: bigint | undefined;
  /** si_pid and si_uid, of signals that a process sent. */
  readonly sender: { readonly pid: number; readonly uid: number } | undefined;
}

export const SIGNAL_MOST = 64;
/** Signals whose siginfo has the address of the fault: SIGILL, SIGBUS, SIGFPE, SIGSEGV. */
const FAULTS: ReadonlySet<number> = new Set([4, 7, 8, 11]);

/** Whether siginfo of the signal has si_addr. Codes above 0 are those of the kernel. */
export function hasFaultAddress({ number, code }: Pick<ThreadSignal, "number" | "code">): boolean {
  return FAULTS.has(number) && code > 0;
}

/** Words of the sentences of Note about signals. */
export const WITHOUT_FIELD = "for which a capture has no field";

/** The facts about a signal in a sentence: `11, code 1, address 0x10`. */
export function signalText({ number, code, address, sender }: ThreadSignal): string {
  const fault = address === undefined ? "" : `, address 0x${address.toString(16)}`;
  return `${number}, code ${code}${fault}${sender ? `, from process ${sender.pid} of user ${sender.uid}` : ""}`;
}

/** What `signalText` writes. */
const FACTS = /(\d{1,3}), code (-?\d{1,10})(?:, address 0x([0-9a-f]{1,16}))?(?:, from process (-?\d{1,10}) of user (\d{1,10}))?/;
const ONE = new RegExp(`^the signal of thread (\\d{1,20}), ${WITHOUT_FIELD}: ${FACTS.source}$`);
const SEVERAL = new RegExp(`^the signals of \\d{1,9} threads?, ${WITHOUT_FIELD}: `);
const LISTED = new RegExp(`^threads? (\\d{1,20}(?: to \\d{1,20})?(?:, \\d{1,20}(?: to \\d{1,20})?)*): ${FACTS.source}$`);
const LAST = /^NT_PRSTATUS: the last signal of \d{1,9} threads?, (\d{1,3}) of the first(?:,|$)/;

/** Threads `[from, to]` by id, with the same signal. */
interface SignalRange {
  readonly from: bigint;
  readonly to: bigint;
  readonly signal: ThreadSignal;
}

/** The signals that a Note tells. */
export class SignalsOfNote {
  readonly #ranges: readonly SignalRange[];
  /** The signal that ended the process, as its threads say it (pr_cursig); 0 none. */
  readonly last: number;

  constructor(note: string) {
    const ranges: SignalRange[] = [];
    let last = 0;
    let isList = false;
    for (const sentence of sentencesOf(note)) {
      isList ||= SEVERAL.test(sentence);
      const facts = ONE.exec(sentence) ?? (isList ? LISTED.exec(sentence.replace(SEVERAL, "")) : null);
      if (facts) ranges.push(...rangesOf(facts));
      else if (!SEVERAL.test(sentence)) isList = false;
      const number = Number(LAST.exec(sentence)?.[1] ?? 0);
      if (last === 0 && number <= SIGNAL_MOST) last = number;
    }
    this.#ranges = disjoint(ranges);
    this.last = last;
  }

  /** The signal of a thread; undefined if the Note does not tell it. */
  of(id: bigint): ThreadSignal | undefined {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.from ?? 0n) <= id) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low - 1];
    return range && id <= range.to ? range.signal : undefined;
  }
}

/** The threads of a sentence. None for numbers that no signal has, and for codes and senders of more than 32 bits. */
function rangesOf([, ids = "", number, code, address, pid, uid]: readonly (string | undefined)[]): SignalRange[] {
  const signal = {
    ...{ number: Number(number), code: Number(code) },
    address: address === undefined ? undefined : BigInt(`0x${address}`),
    sender: pid === undefined ? undefined : { pid: Number(pid), uid: Number(uid) },
  };
  const { sender } = signal;
  if (signal.number < 1 || signal.number > SIGNAL_MOST || signal.code !== (signal.code | 0)) return [];
  if (sender && (sender.pid !== (sender.pid | 0) || sender.uid !== sender.uid >>> 0)) return [];
  return ids.split(", ").map((text) => {
    const [from = "0", to = from] = text.split(" to ");
    return { from: BigInt(from), to: BigInt(to), signal };
  });
}

/** In ascending order. Of two sentences about one thread, that with the smaller id in front is taken. */
function disjoint(ranges: readonly SignalRange[]): readonly SignalRange[] {
  const sorted = [...ranges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  let end = -1n;
  return sorted.filter(({ from, to }) => {
    const fits = from > end && to >= from;
    if (fits) end = to;
    return fits;
  });
}
