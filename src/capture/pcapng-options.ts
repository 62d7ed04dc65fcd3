const END_OF_OPTIONS = 0;
const OPTION_HEADER_LEN = 4;

/**
 * Calls back for each whole option between `at` and `end`: its code, where its value begins, and the value's length in
 * octets. Stops at the end-of-options option and at one that does not fit.
 */
export function forEachOption(
  view: DataView,
  at: number,
  end: number,
  littleEndian: boolean,
  visit: (code: number, value: number, len: number) => void,
): void {
  while (at + OPTION_HEADER_LEN <= end) {
    const code = view.getUint16(at, littleEndian);
    const len = view.getUint16(at + 2, littleEndian);
    const value = at + OPTION_HEADER_LEN;
    if (code === END_OF_OPTIONS || value + len > end) return;
    visit(code, value, len);
    at = value + len + (-len & 3);
  }
}
