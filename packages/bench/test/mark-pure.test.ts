/** The marks that the build makes for bundlers. */
import { describe, expect, it } from "vitest";

/** Not typed: a script of the build. */
const SCRIPT: string = "../../../scripts/mark-pure.mjs";
const { markPure }: { markPure(code: string): string } = await import(SCRIPT);

/** The values of variables of a marked module. */
async function valuesOf(code: string): Promise<Readonly<Record<string, unknown>>> {
  return import(`data:text/javascript,${encodeURIComponent(markPure(code))}`);
}

describe("markPure", () => {
  it("marked variables have the values that they had without marks", async () => {
    const code = `
      function twice(number) { return 2 * number; }
      var a = 64 * 1024 - 1, b = twice(a), c = { d: twice(b) }, e = 1n << 64n, f = () => twice(1);
      export { a, b, c, e, f };`;
    expect(await valuesOf(code)).toMatchObject({ a: 65535, b: 131070, c: { d: 262140 }, e: 2n ** 64n, f: expect.any(Function) });
  });

  it("a class with a static block keeps its name and its statics", async () => {
    const { Shown, made } = await valuesOf(
      "var made; var Shown = class { static { made = new this(); } static kind = 7; }; export { Shown, made };",
    );
    expect(Shown).toHaveProperty("name", "Shown");
    expect(Shown).toHaveProperty("kind", 7);
    expect(made).toBeInstanceOf(Shown as new () => object);
  });

  it("a value that bundlers know to have no effects is not marked", () => {
    const code = `var a = "text", b = a, c = () => b, d = class { #field = c(); method() {} };\n`;
    expect(markPure(code)).toBe(code);
  });

  it.each(["start();", "globalThis.x = 1;", "for (;;) break;", "export default start();"])(
    "a script with the effect %s is refused",
    (effect) => {
      expect(() => markPure(`function start() {}\n${effect}`)).toThrow("has an effect when it is loaded");
    },
  );

  it("an import for effects alone is left out, other imports stay", () => {
    expect(markPure(`import "./a.js";\nimport { b } from "./b.js";\n`)).toBe(`import { b } from "./b.js";\n`);
  });
});
