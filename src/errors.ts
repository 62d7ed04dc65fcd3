/** Base of every error that a user can do something about. `code` is stable; callers never match on text. */
export class TcpcloseError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The file cannot be used at all: it is missing, unreadable, or not a capture. Nothing was read from it. */
export class CaptureError extends TcpcloseError {}

/** The command line asks for something that cannot be. Exit status 2. */
export class UsageError extends TcpcloseError {}

/** The output database cannot be written, or is not one of ours. */
export class StoreError extends TcpcloseError {}

/** What is left of an error where it crosses from one thread to another, and its class would be lost. */
export interface ErrorFacts {
  readonly name: string;
  /** Null where it is no TcpcloseError, but a fault of the program. */
  readonly code: string | null;
  readonly message: string;
  readonly stack: string | undefined;
}

const CLASSES: readonly (typeof TcpcloseError)[] = [CaptureError, UsageError, StoreError];

export function factsOf(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { name: 'Error', code: null, message: String(error), stack: undefined };
  const { name, message, stack } = error;
  return { name, code: error instanceof TcpcloseError ? error.code : null, message, stack };
}

/** The error that these are the facts of, with the class that decides the exit status. */
export function errorOf({ name, code, message, stack }: ErrorFacts): Error {
  const Class = CLASSES.find((candidate) => candidate.name === name) ?? TcpcloseError;
  const error = code === null ? new Error(message) : new Class(code, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
