/**
 * Part of the scripts for Node (scripts-of-node.mjs): loads scripts of a package when they are needed, at once and without a promise, so that synchronous
 * functions and classes can be loaded with their first use. Node requires ES modules wherever the condition `module-sync` holds.
 */
import Module, { createRequire } from "node:module";

/**
 * The `createRequire` of Node. Jest passes a subclass of Node's class with another one, which cannot require ES modules; what is loaded there, the constants
 * included, are the modules that Node loads, so that each exists once.
 */
const nodes = Object.getPrototypeOf(Module).createRequire ?? createRequire;
export const isLoadedByNode = nodes === createRequire;

let require;

/** The exports of a script in the folder of the script that contains this function. */
export function load(script) {
  require ??= nodes(import.meta.url);
  return require(script);
}

/** The constants, where `isLoadedByNode` is false: instances of their classes of errors become instances of the class Error that a test in Jest has. */
export function adopted(constants) {
  for (const value of Object.values(constants))
    if (typeof value === "function" && Object.getPrototypeOf(value).name === "Error")
      Object.setPrototypeOf(value.prototype, Error.prototype);
  return constants;
}

/** The stand-ins by script and name: a class that several entries export has one, so that it is equal to itself. */
const standIns = new Map();

/**
 * A class that is loaded with its first use: the export `there` of `script`. The stand-in makes instances of the class, and is equal to it in `new`,
 * `instanceof` and `extends`; `constructor` of an instance is the stand-in, and to define, delete, freeze or seal something acts on the class.
 *
 * What stays: `constructor` of an instance that a function of the library made is the class itself until the stand-in is used for anything. The stand-in
 * has no source text (`toString`). Functions of two entries are different functions, which call the same one.
 */
export function classOnDemand(name, script, there) {
  const key = `${script} ${there}`;
  const standIn = standIns.get(key) ?? standInFor(name, () => load(script)[there]);
  standIns.set(key, standIn);
  return standIn;
}

function standInFor(name, load) {
  // A bound class is a constructor without properties that the proxy would have to show.
  const target = Object.defineProperty(class {}.bind(), "name", { value: name });
  let found;
  const loaded = () => {
    if (found) return found;
    found = load();
    // Only a class that was given another constructor by its user has another one.
    if (Object.hasOwn(found.prototype, "constructor") && found.prototype.constructor === found)
      Object.defineProperty(found.prototype, "constructor", { value: proxy });
    return found;
  };
  const real = (receiver) => (receiver === proxy ? loaded() : receiver);
  /** The property of the class. What cannot be changed any more must be so in the target of a proxy as well. */
  const described = (key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(loaded(), key);
    if (descriptor && !descriptor.configurable) Reflect.defineProperty(target, key, descriptor);
    return descriptor;
  };
  const proxy = new Proxy(target, {
    construct: (_, given, newTarget) => Reflect.construct(loaded(), given, real(newTarget)),
    get: (_, key, receiver) => Reflect.get(loaded(), key, real(receiver)),
    set: (_, key, value, receiver) => Reflect.set(loaded(), key, value, real(receiver)),
    has: (_, key) => Reflect.has(loaded(), key),
    deleteProperty: (_, key) => Reflect.deleteProperty(loaded(), key) && Reflect.deleteProperty(target, key),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(loaded(), key, descriptor) && described(key) !== undefined,
    getPrototypeOf: () => Reflect.getPrototypeOf(loaded()),
    setPrototypeOf: (_, prototype) => Reflect.setPrototypeOf(loaded(), prototype),
    ownKeys: () => Reflect.ownKeys(loaded()),
    getOwnPropertyDescriptor: (_, key) => described(key),
    preventExtensions: () => {
      // A proxy must show the properties and the prototype that its target has from then on.
      for (const key of Reflect.ownKeys(target)) Reflect.deleteProperty(target, key);
      for (const key of Reflect.ownKeys(loaded()))
        Reflect.defineProperty(target, key, Reflect.getOwnPropertyDescriptor(loaded(), key));
      Reflect.setPrototypeOf(target, Reflect.getPrototypeOf(loaded()));
      return Reflect.preventExtensions(loaded()) && Reflect.preventExtensions(target);
    },
  });
  return proxy;
}
