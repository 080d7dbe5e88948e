/** Huge pages that the system keeps for programs which ask for them (hugetlbfs). */
import { readFileSync, writeFileSync } from "node:fs";

const FILE = "/proc/sys/vm/nr_hugepages";

/** Has the system keep some more, or fewer. Returns whether it lets us. */
export function keepHugePages(more: number): boolean {
  try {
    writeFileSync(FILE, String(Math.max(0, Number(readFileSync(FILE, "utf8")) + more)));
    return true;
  } catch {
    return false;
  }
}
