/** The summary for a person at a terminal: one screen, the five questions first answered, then where to look. */
import { plainStyle, type Style } from './color.js';
import { counted, fitted, grouped, printable, spokenSeconds } from './plain.js';
import type { Summary } from './summary.js';

export interface TextOptions {
  readonly width?: number;
  readonly style?: Style;
}

const LABEL_WIDTH = 14;
const DEFAULT_WIDTH = 80;
const SCREEN_LINES = 24;

export function summaryText(summary: Summary, options: TextOptions = {}): string {
  const page = new Page(summary, Math.max(60, options.width ?? DEFAULT_WIDTH), options.style ?? plainStyle);
  return `${page.lines().join('\n')}\n`;
}

class Page {
  readonly #summary: Summary;
  readonly #width: number;
  readonly #style: Style;
  readonly #lines: string[] = [];

  constructor(summary: Summary, width: number, style: Style) {
    this.#summary = summary;
    this.#width = width;
    this.#style = style;
  }

  lines(): string[] {
    this.#input();
    this.#connections();
    this.#closedFirst();
    this.#resets();
    this.#timeWait();
    this.#paws();
    this.#clocks();
    this.#findings();
    return this.#lines;
  }

  /** A line whose label stands at its left; the texts are joined by commas as far as they fit. */
  #line(label: string, text: string, style: (text: string) => string = (same) => same): void {
    const plain = fitted(printable(text), this.#width - LABEL_WIDTH);
    this.#lines.push(this.#style.bold(label.padEnd(LABEL_WIDTH)) + style(plain));
  }

  /** Where to see more: kept whole, for it is to be copied. */
  #more(command: string): void {
    this.#lines.push(
      ' '.repeat(LABEL_WIDTH) +
        this.#style.dim(`more: tcpclose ${command.replace('DB', shellWord(this.#summary.database))}`),
    );
  }

  #input(): void {
    const { input } = this.#summary;
    const name =
      input.captures === 1
        ? (input.firstPath ?? '')
        : `${input.firstPath ?? ''} and ${counted(input.captures - 1, 'more', 'more')}`;
    const span =
      input.durationS === null ? '' : `, ${spokenSeconds(input.durationS)} from ${input.firstSeen ?? ''} UTC`;
    this.#line('Captured', `${counted(input.packets, 'packet')}, ${grouped(input.tcpPackets)} of TCP${span}`);
    this.#line('', name === '-' ? 'standard input' : name);
    if (input.dropsReported !== null && input.dropsReported > 0)
      this.#line(
        '',
        `the capturing host lost ${counted(input.dropsReported, 'packet')}: verdicts near a gap are less sure`,
        this.#style.yellow,
      );
    if (input.undecodedPackets > 0) {
      const [reason] = input.undecoded;
      const why = reason === undefined ? '' : `; ${grouped(reason.packets)} ${reason.meaning}`;
      this.#line('Not decoded', `${counted(input.undecodedPackets, 'packet')}${why}`, this.#style.yellow);
    }
    for (const { path, damage } of input.damages.slice(0, 1)) {
      const others = input.damages.length > 1 ? ` (and ${counted(input.damages.length - 1, 'capture')} more)` : '';
      this.#line('Damaged', `${path}: ${damage}${others}`, this.#style.yellow);
    }
  }

  #connections(): void {
    const { connections, byClose } = this.#summary.connections;
    if (connections === 0) return this.#line('Connections', 'none: no TCP segment was found in what was captured');
    this.#line(
      'Connections',
      `${grouped(connections)}: ${listed(byClose.map((c) => `${CLOSE_WORDS[c.word] ?? c.word} ${grouped(c.count)}`))}`,
    );
  }

  #closedFirst(): void {
    const { byClosedFirst, busiest } = this.#summary.closers;
    const count = (word: string): number => byClosedFirst.find((c) => c.word === word)?.count ?? 0;
    const text = `server ${grouped(count('server'))}, client ${grouped(count('client'))}, both at once ${grouped(count('both'))}, neither ${grouped(count('nobody'))}`;
    this.#line('Closed first', text);
    if (busiest !== null && busiest.serverFirst + busiest.clientFirst > 0) {
      const { serverIp, serverPort, serverFirst, clientFirst } = busiest;
      this.#line(
        '',
        `at ${endpoint(serverIp, serverPort)}: server ${grouped(serverFirst)}, client ${grouped(clientFirst)}`,
      );
      this.#more('query DB --named closers');
    }
  }

  #resets(): void {
    const { byCause, examples } = this.#summary.resets;
    if (byCause.length === 0) return this.#line('Resets', 'none ended a connection');
    const total = byCause.reduce((sum, cause) => sum + cause.count, 0);
    this.#line('Resets', `${grouped(total)}: ${listed(byCause.map((c) => `${c.word} ${grouped(c.count)}`))}`);
    for (const example of examples.slice(0, 1)) {
      if (example.id === undefined) continue;
      const where = example.frame === null ? '' : `frame ${example.frame}, `;
      this.#line(
        '',
        `${example.cause}: ${where}connection ${example.id}, by the ${example.resetBy ?? 'sender'} of ${endpoint(example.serverIp, example.serverPort)}`,
      );
    }
    this.#more('query DB --named resets');
  }

  #timeWait(): void {
    const { byOutcome, worst } = this.#summary.timeWaitSyns;
    if (byOutcome.length === 0) return this.#line('TIME_WAIT', 'no SYN met a connection in TIME_WAIT');
    const total = byOutcome.reduce((sum, o) => sum + o.count, 0);
    this.#line(
      'TIME_WAIT',
      `${counted(total, 'SYN')} met it: ${listed(byOutcome.map((o) => `${o.outcome} ${grouped(o.count)}`))}`,
    );
    for (const syn of worst.slice(0, 1)) {
      const late = syn.retryDelayS !== null && syn.retryDelayS > 0 ? `, ${spokenSeconds(syn.retryDelayS)} late` : '';
      const delta = syn.isnDelta === null ? '' : `, ISN ${signed(syn.isnDelta)}`;
      const ticks = syn.tsDelta === null ? '' : `, timestamp ${signed(syn.tsDelta)}`;
      this.#line(
        '',
        `frame ${syn.frame}: ${syn.outcome}${late}, ${spokenSeconds(syn.elapsedS)} into TIME_WAIT${delta}${ticks}`,
      );
    }
    this.#more('query DB --named time-wait');
  }

  #paws(): void {
    const { byOutcome, worst } = this.#summary.paws;
    if (byOutcome.length === 0) return this.#line('PAWS', 'no segment had a timestamp older than its receiver knew');
    const total = byOutcome.reduce((sum, o) => sum + o.count, 0);
    this.#line(
      'PAWS',
      `${counted(total, 'segment')} too old: ${listed(byOutcome.map((o) => `${o.outcome} ${grouped(o.count)}`))}`,
    );
    for (const segment of worst.slice(0, 1)) {
      const margin = segment.marginS === null ? '' : ` (${spokenSeconds(segment.marginS)})`;
      this.#line(
        '',
        `frame ${segment.frame}: ${segment.outcome}, ${signed(segment.tsDelta)} ticks${margin}, ${segment.impact}`,
      );
    }
    this.#more('query DB --named paws');
  }

  #clocks(): void {
    const { clocks } = this.#summary;
    if (clocks.sources === 0)
      return this.#line('Clocks', 'no SYN with a timestamp, so nothing to tell hosts behind a NAT by');
    const kinds: [number, string][] = [
      [clocks.severalHosts, 'several hosts'],
      [clocks.singleClock, 'one clock'],
      [clocks.randomOffsets, 'random offsets'],
      [clocks.tooFew, 'too few to tell'],
    ];
    this.#line(
      'Clocks',
      `${counted(clocks.sources, 'source')}: ${listed(kinds.filter(([n]) => n > 0).map(([n, kind]) => `${kind} ${grouped(n)}`))}`,
    );
    for (const source of clocks.severalHostsAt.slice(0, 1))
      this.#line(
        '',
        `${source.sourceIp}: ${grouped(source.estimatedHosts ?? 0)} hosts by ${counted(source.syns, 'SYN')}; timestamps went back ${grouped(source.regressions)} times`,
      );
    if (clocks.severalHosts > 0 || clocks.regressions > 0) this.#more('query DB --named nat');
  }

  #findings(): void {
    const { bySeverity, gravest } = this.#summary.findings;
    if (bySeverity.length === 0) return this.#line('Findings', 'none: nothing that a person should look at');
    this.#line('Findings', listed(bySeverity.map((s) => `${s.severity} ${grouped(s.count)}`)));
    const room = SCREEN_LINES - this.#lines.length - 1; // one line is left for where to see more
    for (const finding of gravest.slice(0, Math.max(1, Math.min(2, room)))) {
      const often = finding.count > 1 ? ` (${grouped(finding.count)} of them)` : '';
      const paint =
        finding.severity === 'critical'
          ? this.#style.red
          : finding.severity === 'warning'
            ? this.#style.yellow
            : undefined;
      const where = finding.frame === null ? '' : `frame ${finding.frame}: `;
      this.#line('', `${finding.severity}${often}, ${where}${finding.summary}`, paint);
    }
    this.#more('query DB --named findings');
  }
}

const CLOSE_WORDS: Readonly<Record<string, string>> = {
  fin: 'closed',
  rst: 'reset',
  'fin-then-rst': 'FIN then reset',
  open: 'still open',
};

const listed = (parts: readonly string[]): string => parts.join(', ');
const signed = (n: number): string => (n > 0 ? `+${grouped(n)}` : n < 0 ? `-${grouped(-n)}` : '0');
const endpoint = (ip: string | undefined, port: number | undefined): string =>
  ip?.includes(':') === true ? `[${ip}]:${port}` : `${ip}:${port}`;

/** A file name as a shell takes it. */
function shellWord(name: string): string {
  const plain = printable(name);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}
