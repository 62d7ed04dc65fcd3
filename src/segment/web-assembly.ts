import { readFileSync } from 'node:fs';

/** What the types of Node leave out of WebAssembly. */
interface Compiler {
  readonly Module: new (octets: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}
const { Module, Instance } = WebAssembly as unknown as Compiler;

const compiled = new Map<string, object>();

/**
 * What the module `name` exports, working in that memory. Modules are compiled from the `short-way/` folders, and lie beside
 * the program, also where their importer, the file at the URL `importer`, runs from its TypeScript source, as in tests.
 */
export function instantiate(name: `${string}/${string}`, importer: string, memory: object): unknown {
  let module = compiled.get(name);
  if (module === undefined) {
    const beside = `./${name.split('/')[1]}.wasm`;
    const url = new URL(importer.endsWith('.ts') ? `../../dist/${name}.wasm` : beside, importer);
    module = new Module(readFileSync(url));
    compiled.set(name, module);
  }
  return new Instance(module, { env: { memory } }).exports;
}
