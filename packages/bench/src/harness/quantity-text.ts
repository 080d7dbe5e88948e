/** Figures for people. */
import type { Bar, Work } from "./findings.js";

export function timeText(seconds: number): string {
  if (seconds >= 1) return `${numberText(seconds)} s`;
  return seconds >= 1e-3 ? `${numberText(seconds * 1e3)} ms` : `${numberText(seconds * 1e6)} us`;
}

export function rateText(perSecond: number, unit: Work["unit"]): string {
  if (unit === "bytes") return `${numberText(perSecond / 1e6)} MB/s`;
  if (unit === "processes") return `${numberText(perSecond)} /s`;
  const [scaled, prefix] = perSecond >= 1e9 ? [perSecond / 1e9, "G"] : [perSecond / 1e6, "M"];
  return `${numberText(scaled)} ${prefix} ${unit}/s`;
}

/** As `at least 1.20x`. */
export function limitsText({ atLeast, atMost }: Bar, unit: string): string {
  const limits = [
    atLeast === undefined ? "" : `at least ${numberText(atLeast)}${unit}`,
    atMost === undefined ? "" : `at most ${numberText(atMost)}${unit}`,
  ];
  return limits.filter((limit) => limit !== "").join(", ");
}

/** Three significant digits, without an exponent. */
export function numberText(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** One decimal; for small numbers three significant digits; integers as they are. */
export function figureText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return value.toLocaleString(
    "en",
    Math.abs(value) < 10 ? { minimumSignificantDigits: 3, maximumSignificantDigits: 3 } : { maximumFractionDigits: 1 },
  );
}
