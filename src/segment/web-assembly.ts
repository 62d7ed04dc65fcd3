import { readFileSync } from 'node:fs';

/** What the types of Node leave out of WebAssembly. */
interface Compiler {
  readonly Module: new (octets: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}
const { Module, Instance } = WebAssembly as unknown as Compiler;

const compiled = new Map<string, object>();

/** What the module `name`, compiled from the `short-way/` folder of its folder, exports, working in that memory. */
export function instantiate(name: `${string}/${string}`, memory: object): unknown {
  let module = compiled.get(name);
  if (module === undefined) {
    module = new Module(readFileSync(new URL(placeOf(name), import.meta.url)));
    compiled.set(name, module);
  }
  return new Instance(module, { env: { memory } }).exports;
}

/** Where it lies from here: this file may be its TypeScript source, as in tests, or stand as it is in dist, or in a bundle. */
function placeOf(name: string): string {
  if (import.meta.url.endsWith('.ts')) return `../../dist/${name}.wasm`;
  return import.meta.url.endsWith('/segment/web-assembly.js') ? `../${name}.wasm` : `./${name.split('/')[1]}.wasm`;
}
