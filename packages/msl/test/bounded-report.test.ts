import { expect, it } from "vitest";
import { BoundedReport } from "../src/deviations/deviation.js";

it("a bounded report lists deviations in order, and only counts further deviations of a frequent kind", () => {
  const found = new BoundedReport();
  for (let row = 0; row < 1002; row++) {
    found.report({ id: "CON-ROW", message: `Row ${row}`, offset: row });
    if (row === 5) found.report({ id: "STR-UTF8", message: "text", offset: 5 });
  }
  const { deviations } = found;
  expect(deviations).toHaveLength(1002);
  expect(deviations[6]).toEqual({ id: "STR-UTF8", message: "text", offset: 5 });
  expect(deviations.slice(-2)).toEqual([
    { id: "CON-ROW", message: "Row 999", offset: 999 },
    { id: "CON-ROW", message: "Row 1000; and 1 more of this kind behind it", offset: 1000 },
  ]);
});
