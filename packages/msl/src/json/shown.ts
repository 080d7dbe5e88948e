/**
 * Objects that JSON.stringify and console.log show by their content. By default JSON refuses bigint, and both show byte arrays as lists of numbers
 * and omit private fields.
 */
/** The method that console.log of Node, Bun and Deno calls. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** The most entries of a list in JSON, which also has their total number. */
export const LISTED = 1000;

/** The arguments of the inspection method that are used here. */
interface InspectOptions {
  readonly stylize?: (text: string, style: string) => string;
}
type Inspect = (value: unknown, options: InspectOptions) => string;

/** A text such as `Region { block: 3, baseAddr: '0x1000' }`. `depth` is below 0 where the object stands too deep to be shown. */
function inspected(name: string, form: () => unknown, depth: number, options: InspectOptions, inspect?: Inspect): string {
  if (depth < 0) return options.stylize?.(`[${name}]`, "special") ?? `[${name}]`;
  return `${name} ${inspect ? inspect(form(), options) : JSON.stringify(form())}`;
}

/** The name without the `_` that bundlers put before the name of a class that refers to itself. */
function nameOf(shown: object): string {
  return shown.constructor.name.replace(/^_/, "");
}

/** A class whose objects JSON.stringify and console.log show as the result of `toJSON`. */
export abstract class Shown {
  /** Nested objects are shown in their own forms. */
  abstract toJSON(): object;

  /** Called by `console.log` of Node, Bun and Deno. */
  [INSPECT](depth: number, options: InspectOptions, inspect?: Inspect): string {
    return inspected(nameOf(this), () => this.toJSON(), depth, options, inspect);
  }
}

/**
 * Plain objects of one kind. The returned function gives a new object a prototype, by which JSON.stringify and console.log show the object as `form`
 * returns it. The own properties of the object, which copies, comparisons and workers use, do not change.
 */
export function shownAs<T extends object>(name: string, form: (value: T) => object): <V extends T>(value: V) => V {
  const prototype = Object.create(Object.prototype, shownMethods(name, form));
  return (value) => Object.setPrototypeOf(value, prototype);
}

/**
 * Like `shownAs`, for objects that are made empty and filled property by property: returns their class. V8 then learns how many properties they get, and a
 * new object needs no change of its prototype, which takes as long as filling it.
 */
export function shownClass<T extends object>(
  name: string,
  form: (value: T) => object,
): new () => { -readonly [K in keyof T]?: T[K] } {
  const shown = class {};
  // Users see plain objects.
  Reflect.deleteProperty(shown.prototype, "constructor");
  Object.defineProperties(shown.prototype, shownMethods(name, form));
  return shown;
}

function shownMethods<T extends object>(name: string, form: (value: T) => object): PropertyDescriptorMap {
  return {
    toJSON: {
      value(this: T): object {
        return form(this);
      },
    },
    [INSPECT]: {
      value(this: T, depth: number, options: InspectOptions, inspect?: Inspect): string {
        return inspected(name, () => form(this), depth, options, inspect);
      },
    },
  };
}

/** The named properties, in this order, as an own plain object. */
export function fieldsOf<T, const N extends readonly (keyof T)[]>(value: T, names: N): Pick<T, N[number]> {
  return Object.fromEntries(names.map((name) => [name, value[name]])) as Pick<T, N[number]>;
}

/** The first entries as JSON. */
export function listed<T, F>(list: Iterable<T>, form: (entry: T) => F): F[] {
  const shown: F[] = [];
  for (const entry of list) {
    if (shown.length === LISTED) break;
    shown.push(form(entry));
  }
  return shown;
}
