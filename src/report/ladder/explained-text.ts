/** One connection explained for a person at a terminal: who and when, the ladder, the verdicts, what is not told. */
import { plainStyle, type Style } from '../color.js';
import { capital, counted, endpoint, printable, spokenBytes, spokenSeconds, wrapped } from '../plain.js';
import type { ExplainedConnection } from './explained-connection.js';
import type { LadderFold } from './ladder.js';
import { isoUtc } from './ladder.js';
import { ladderText } from './ladder-text.js';
import { extractCommand, ladderFilter } from './look-up.js';
import type { LadderVerdict } from './verdicts.js';

export interface LadderTextOptions {
  readonly width?: number;
  readonly style?: Style;
  /** Sequence numbers as on the wire instead of from the ISN on. */
  readonly raw?: boolean;
  /** The database as its user named it, for a command to copy. */
  readonly database?: string;
}

const NARROWEST = 70;
/** Longer lines are hard to read. */
const PROSE_WIDTH = 120;
const LABEL_WIDTH = 14;

export function explainedText(explained: ExplainedConnection, options: LadderTextOptions = {}): string {
  const width = Math.max(NARROWEST, options.width ?? 80);
  const style = options.style ?? plainStyle;
  const page = new Prose(Math.min(width, PROSE_WIDTH), style);
  header(explained, page);
  page.blank();
  const ladder = ladderText(explained, { width, style, raw: options.raw === true });
  const below = new Prose(Math.min(width, PROSE_WIDTH), style);
  for (const verdict of explained.verdicts) addVerdict(verdict, below, style);
  below.blank();
  addMissing(explained, options.database ?? 'FILE.db', below);
  return `${page.text()}${ladder}\n${below.text()}`;
}

function header({ connection: c, captures }: ExplainedConnection, page: Prose): void {
  const who = `${endpoint(c.clientIp, c.clientPort)} > ${endpoint(c.serverIp, c.serverPort)}`;
  const roles = c.roles === 'guessed' ? ' (which is the client is a guess)' : '';
  const incarnation = c.incarnation > 1 ? `, incarnation ${c.incarnation} of its addresses and ports` : '';
  page.add(`Connection ${c.id}`, `${who}${roles}${incarnation}`);
  const lasted = spokenSeconds(Number(c.lastNs - c.firstNs) / 1e9);
  const began = isoUtc(c.firstNs).replace('T', ' ').replace('Z', ' UTC');
  const from = captures.length > 1 ? ` of capture ${c.captureId}` : '';
  const to = captures.length > 1 ? ` of capture ${c.lastCaptureId}` : '';
  page.add('', `${began}, ${lasted}; frames ${c.firstFrame}${from} to ${c.lastFrame}${to}`);
  for (const { id, path } of captures) page.add('', captures.length > 1 ? `capture ${id}: ${path}` : path);
  page.add('', `closed: ${c.close}; ${amount('client', c)}, ${amount('server', c)}`);
}

function amount(side: 'client' | 'server', c: ExplainedConnection['connection']): string {
  const [packets, bytes, again] =
    side === 'client'
      ? [c.clientPackets, c.clientBytes, c.clientRetransmissions]
      : [c.serverPackets, c.serverBytes, c.serverRetransmissions];
  const retransmitted = again > 0 ? ` (${again} sent again)` : '';
  return `${side} ${counted(packets, 'packet')}${retransmitted}, ${spokenBytes(bytes)}`;
}

function addVerdict(verdict: LadderVerdict, page: Prose, style: Style): void {
  const { severity, confidence, evidence, source, detector } = verdict;
  const grave = severity === 'critical' ? style.red : severity === 'warning' ? style.yellow : (text: string) => text;
  page.add(verdict.about, verdict.text, grave);
  const facts = Object.entries(evidence)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)) // nothing seen is no evidence
    .map(([name, value]) => `${name}\u00a0${name === 'flags' ? spokenFlags(value) : spokenValue(value)}`);
  const rule = [source, detector === null ? null : `tcpclose explain ${detector}`].filter((part) => part !== null);
  const grades = [
    severity === null ? null : `severity ${severity}`,
    confidence === null ? null : `confidence ${confidence}`,
  ].filter((part) => part !== null);
  if (grades.length > 0) page.add('', grades.join(', '));
  if (facts.length > 0) page.add('', `evidence: ${facts.join(', ')}`, style.dim);
  if (rule.length > 0) page.add('', `rule: ${rule.join('; ')}`, style.dim);
}

const spokenValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;

/** The flags octet of a TCP header in words, as over the arrows. */
const spokenFlags = (octet: unknown): string =>
  typeof octet === 'number' ? FLAGS.filter((_, bit) => ((octet >> bit) & 1) === 1).join(' ') : spokenValue(octet);

/** What only the capture can tell, and how to see it there. */
function addMissing(explained: ExplainedConnection, database: string, page: Prose): void {
  const { captures, ladder } = explained;
  const folded = ladder.find((event): event is LadderFold => event.kind === 'fold');
  const parts = [
    folded === undefined ? null : `frames, times and order of ${counted(folded.segments, 'folded segment')}`,
    'ACK numbers, windows and the states in between',
  ].filter((part) => part !== null);
  const file = captures.length === 1 ? 'the capture' : 'the captures';
  page.add('Not told', `This is from the database alone. ${capital(file)} would add: ${parts.join('; ')}.`);
  const command = extractCommand(explained, database);
  if (command === null) {
    page.add('', 'The packets came from standard input and were not kept (tcpdump -w FILE keeps them).');
    return;
  }
  page.add('In Wireshark', 'filter the capture, or write these packets and verdicts to a file:');
  page.copied(ladderFilter(explained));
  page.copied(command);
}

/** Paragraphs with a label at the left. */
class Prose {
  readonly #width: number;
  readonly #style: Style;
  #text = '';

  constructor(width: number, style: Style) {
    this.#width = width;
    this.#style = style;
  }

  /** A label that is too long for its column has a line of its own. */
  add(label: string, text: string, style: (text: string) => string = (same) => same): void {
    const stands = label.length < LABEL_WIDTH;
    if (!stands) this.#text += `${this.#style.bold(printable(label))}\n`;
    wrapped(printable(text), this.#width - LABEL_WIDTH).forEach((line, i) => {
      const left = i === 0 && stands ? label : '';
      this.#text += `${this.#style.bold(printable(left).padEnd(LABEL_WIDTH))}${style(line)}\n`;
    });
  }

  /** A line that is to be copied, so it is not broken. */
  copied(line: string): void {
    this.#text += `${printable(line)}\n`;
  }

  blank(): void {
    this.#text += '\n';
  }

  text(): string {
    return this.#text;
  }
}
