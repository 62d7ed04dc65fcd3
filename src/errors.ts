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
