/** What stands for standard input among paths. */
export const STDIN_PATH = '-';
export const STDIN_FD = 0;
