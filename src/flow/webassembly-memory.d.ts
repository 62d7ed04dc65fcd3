/** The one part of WebAssembly's interface that is used; the ES libraries do not declare it, and the DOM ones would add a browser. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
    /** Grows by that many pages of 64 KiB. */
    grow(pages: number): number;
  }
}
