/** Colours of the terminal; they never carry meaning alone. `plainStyle` is for pipes, files and NO_COLOR. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const wrap =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`;

export const colourStyle: Style = { bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), yellow: wrap(33, 39) };

const same = (text: string): string => text;
export const plainStyle: Style = { bold: same, dim: same, red: same, yellow: same };
