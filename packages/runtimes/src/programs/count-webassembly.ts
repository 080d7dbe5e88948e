/** Counts compiled WebAssembly modules and instances. It is imported before the packages, so that it counts what importing them does. */
let uses = 0;

export function webAssemblyUses(): number {
  return uses;
}

const counting: ProxyHandler<typeof WebAssembly.Module & typeof WebAssembly.Instance> = {
  construct(target, parameters, newTarget) {
    uses++;
    return Reflect.construct(target, parameters, newTarget);
  },
};
const calls: ProxyHandler<(...parameters: never[]) => unknown> = {
  apply(target, receiver, parameters) {
    uses++;
    return Reflect.apply(target, receiver, parameters);
  },
};

for (const name of ["Module", "Instance"] as const) replace(name, new Proxy(WebAssembly[name], counting as ProxyHandler<never>));
for (const name of ["compile", "instantiate"] as const) replace(name, new Proxy(WebAssembly[name], calls as ProxyHandler<never>));

function replace(name: string, value: unknown): void {
  Object.defineProperty(WebAssembly, name, { value, configurable: true, writable: true });
}
