import cliProgress from 'cli-progress';

const REDRAWS_A_SECOND = 8;

/** A bar on standard error: octets read, rate, time left. Only made when a terminal is there to show it. */
export class ProgressBar {
  readonly #bar = new cliProgress.SingleBar({
    stream: process.stderr,
    fps: REDRAWS_A_SECOND,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 50,
    format: (_options, { progress }, payload: { read: number; total: number | null; started: number }) =>
      line(progress, payload),
  });
  readonly #started = performance.now();
  #running = false;

  update(read: number, total: number | null): void {
    const payload = { read, total, started: this.#started };
    if (!this.#running) {
      this.#bar.start(total ?? 1, 0, payload);
      this.#running = true;
    }
    this.#bar.update(total === null ? 0 : Math.min(read, total), payload);
  }

  /** Clears the line and gives the cursor back. Safe twice, and in a signal handler. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#bar.stop();
  }
}

const BAR_LENGTH = 24;

function line(
  progress: number,
  { read, total, started }: { read: number; total: number | null; started: number },
): string {
  const seconds = (performance.now() - started) / 1000;
  const rate = seconds > 0 ? read / seconds : 0;
  const sofar = `${megabytes(read)}${total === null ? '' : ` of ${megabytes(total)}`}, ${megabytes(rate)}/s`;
  if (total === null) return `reading ${sofar}`;
  const filled = Math.round(progress * BAR_LENGTH);
  const left = rate > 0 ? `, ${Math.max(0, Math.ceil((total - read) / rate))} s left` : '';
  return `[${'='.repeat(filled)}${' '.repeat(BAR_LENGTH - filled)}] ${Math.floor(progress * 100)}%  ${sofar}${left}`;
}

function megabytes(octets: number): string {
  return `${(octets / 1e6).toFixed(octets < 10e6 ? 1 : 0)} MB`;
}
