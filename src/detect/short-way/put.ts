/** Columns of a row that is made on the desk. */

const CAPTURE: f64 = 4294967296;
/** A Zeek code of 1 in the column of the outcome: `ZEEK_SHIFT` of `flow/row-layout.ts`. */
export const ZEEK_UNIT: f64 = 4294967296;
/** Stands for NULL. */
export const NONE: f64 = -1;

/** Capture and frame as one number. */
export function place(capture: i32, frame: i32): f64 {
  return <f64>(<u32>capture) * CAPTURE + <f64>(<u32>frame);
}

/** As `RowWriter.putPast` writes it: frame 0 is NULL. */
export function past(capture: i32, frame: i32, firstAt: f64): f64 {
  return frame == 0 ? NONE : place(capture, frame) - firstAt;
}

/** `column`: a `ConnectionColumn`. */
export function put(to: i32, column: i32, value: f64): void {
  store<f64>(to + (column << 3), value);
}

/** As `Math.round` does: a half goes up. */
export function putNs(to: i32, column: i32, ns: f64): void {
  const up = ceil<f64>(ns);
  put(to, column, up - 0.5 > ns ? up - 1 : up);
}
