/** A WebAssembly memory that fills from its start on, as records are taken from it one after another. */
export interface FillingMemory {
  /** Shared, so that another thread can see how far it is. It grows: `buffer` is another one then. */
  readonly memory: { readonly buffer: SharedArrayBuffer };
  /** Index of its i32 that holds how many records were ever taken. They lie one after another from its first octet on. */
  readonly takenAt: number;
  /** Length of a record, octets. */
  readonly recordLen: number;
}
