/** The summary for a person at a terminal: one screen, the five questions answered, then what to look at first. */
import { plainStyle, type Style } from './color.js';
import { counted, endpoint, fitted, grouped, printable, shellWord, spokenSeconds } from './plain.js';
import { Rank, Screen } from './screen.js';
import type { Summary } from './summary.js';
import {
  bySide,
  CLOSE_WORDS,
  compared,
  isOneWay,
  listed,
  split,
  stepsBack,
  sum,
  unlessUnseen,
} from './summary-words.js';

export interface TextOptions {
  readonly width?: number;
  /** Lines of the terminal; one of them is left for the prompt. */
  readonly height?: number;
  readonly style?: Style;
}

const DEFAULT_WIDTH = 80;
const DEFAULT_HEIGHT = 24;
/** Characters of a filter; it may be a list of hosts as long as a page. */
const FILTER_SHOWN = 120;
/** Packets of one connection follow each other more slowly than this, even on one host: smaller steps reorder none, s. */
const LEAST_STEP_S = 1e-5;
/** An answer that the capture ended too soon for would come within this time after the SYN, seconds. */
const ANSWER_S = 1;

/** Where handshakes say that the capture was taken. */
const TAP = {
  client: ', taken at the client side',
  server: ', taken at the server side',
  middle: ', taken between the two sides',
  unknown: '',
} as const;

export function summaryText(summary: Summary, options: TextOptions = {}): string {
  const style = options.style ?? plainStyle;
  const height = Math.max(DEFAULT_HEIGHT, options.height ?? DEFAULT_HEIGHT) - 1;
  const screen = new Screen(Math.max(60, options.width ?? DEFAULT_WIDTH), height, style);
  new Page(summary, screen, style).write();
  return screen.text();
}

class Page {
  readonly #summary: Summary;
  readonly #screen: Screen;
  readonly #style: Style;

  constructor(summary: Summary, screen: Screen, style: Style) {
    this.#summary = summary;
    this.#screen = screen;
    this.#style = style;
  }

  write(): void {
    this.#input();
    this.#connections();
    this.#closedFirst();
    this.#resets();
    this.#timeWait();
    this.#paws();
    this.#clocks();
    this.#findings();
  }

  #headline(label: string, text: string, style?: (text: string) => string): void {
    this.#screen.add(label, Rank.HEADLINE, printable(text), style);
  }

  /** Cases under the headline, the worst first. */
  #cases(texts: readonly string[]): void {
    texts.forEach((text, i) => this.#screen.add('', i === 0 ? Rank.WORST : Rank.MORE, printable(text)));
  }

  /** The saved query that shows more. */
  #more(name: string): void {
    const command = `tcpclose query ${shellWord(this.#summary.database)} --named ${name}`;
    this.#screen.add('', Rank.COMMAND, `more: ${command}`, this.#style.dim);
  }

  #input(): void {
    const { input } = this.#summary;
    const only = input.firstPath === '-' ? 'standard input' : (input.firstPath ?? '');
    const name = input.captures === 1 ? only : counted(input.captures, 'capture');
    const kept = input.packets - input.leftOutPackets;
    const tcp = input.tcpPackets === kept && kept > 1 ? 'all' : grouped(input.tcpPackets);
    const left = `${name}: ${counted(input.packets, 'packet')}${this.#leftOut()}, ${tcp} of TCP`;
    const cuts = input.filters.some(({ cutsConnections }) => cutsConnections);
    this.#headline(
      'Captured',
      cuts ? `${left}; segments of a connection that were left out count as not captured` : left,
    );
    if (input.durationS !== null)
      this.#headline(
        '',
        `${spokenSeconds(input.durationS)} from ${input.firstSeen ?? ''} UTC${TAP[input.vantage ?? 'unknown']}`,
      );
    if (input.dropsReported !== null && input.dropsReported > 0)
      this.#headline(
        '',
        `the capturing host lost ${counted(input.dropsReported, 'packet')}: verdicts near a gap are less sure`,
        this.#style.yellow,
      );
    if (input.withoutAcks.count > 0) {
      const { count, all } = input.withoutAcks;
      const whose = count === all ? 'holds' : `${counted(count, 'recording')} of ${grouped(all)}:`;
      this.#headline(
        '',
        `${whose} no bare ACKs: a filter left them out, and verdicts are less sure`,
        this.#style.yellow,
      );
    }
    if (input.largestBackwardStepS >= LEAST_STEP_S) this.#headline('', stepsBack(input), this.#style.yellow);
    if (input.undecodedPackets > 0) {
      const [reason] = input.undecoded;
      const why = reason === undefined ? '' : `; ${grouped(reason.packets)} ${reason.meaning}`;
      this.#headline('Not decoded', `${counted(input.undecodedPackets, 'packet')}${why}`, this.#style.yellow);
    }
    this.#faults();
  }

  /** What could not be read, or not whole, or was read twice, in one headline: there may be as many as files. */
  #faults(): void {
    const { unread, damages, repeated } = this.#summary.input;
    const twice = repeated === null ? [] : [`${repeated.path} repeats ${repeated.repeats}: all in it is counted twice`];
    const all = [...unread, ...damages.map(({ path, damage }) => `${path}: ${damage}`), ...twice];
    const [first] = all;
    if (first === undefined) return;
    const more = all.length - 1 + (repeated === null ? 0 : repeated.count - 1);
    const others = more > 0 ? ` (and ${counted(more, unread.length > 0 ? 'input' : 'capture')} more)` : '';
    const label = unread.length > 0 ? 'Not read' : damages.length > 0 ? 'Damaged' : 'Read twice';
    this.#headline(label, `${first}${others}`, this.#style.yellow);
  }

  /** What filters did, where there were some. */
  #leftOut(): string {
    const { filters, leftOutPackets } = this.#summary.input;
    if (filters.length === 0) return '';
    const expressions = filters.map(({ expression }) => `'${fitted(expression, FILTER_SHOWN)}'`).join(', ');
    return `, ${grouped(leftOutPackets)} left out by --filter ${expressions}`;
  }

  #connections(): void {
    const { count, byClose, unanswered, oneSided, repeatedSyns, halfClosed } = this.#summary.connections;
    if (count === 0) return this.#headline('Connections', 'none: no TCP segment was found in what was captured');
    this.#headline(
      'Connections',
      split(
        grouped(count),
        byClose.map((c) => [CLOSE_WORDS[c.word] ?? c.word, c.count]),
      ) + this.#evictions(),
    );
    if (oneSided > 0) {
      const rank = oneSided * 2 >= count ? Rank.HEADLINE : Rank.MORE;
      const whose = oneSided === count ? '' : ` of ${grouped(oneSided)}`;
      this.#screen.add('', rank, `only one direction was captured${whose}: what the other side did is not known`);
    }
    if (unanswered !== null) {
      const { clientIp, clientPort, serverIp, serverPort, synCount, begin, capturedS } = unanswered;
      const often = synCount > 1 ? `, sent ${grouped(synCount)} times` : '';
      const syn = `the SYN of ${endpoint(clientIp, clientPort)} to ${endpoint(serverIp, serverPort)}`;
      const what = isOneWay(this.#summary)
        ? 'no answer was captured to'
        : capturedS < ANSWER_S
          ? 'the capture ended before an answer to'
          : 'nobody took up';
      this.#screen.add('', Rank.MORE, `${this.#at(begin)}: ${what} ${syn}${often}`);
    }
    if (repeatedSyns !== null) {
      const { connections, connectionId, mostSyns } = repeatedSyns;
      const whose = connections === 1 ? '1 opened with its SYN' : `${grouped(connections)} opened with their SYN`;
      const most = `connection ${connectionId}, ${grouped(mostSyns)} times`;
      this.#screen.add('', Rank.MORE, `${whose} seen more than once: ${most}`);
    }
    if (halfClosed === null) return;
    const { connectionId, holderIp, holderPort, holderState, peerIp, peerPort, heldS } = halfClosed;
    const since = heldS === null ? '' : `, for ${spokenSeconds(heldS)}`;
    const state = holderState === null ? '' : ` (${holderState}${since})`;
    const ends = `${endpoint(holderIp, holderPort)} did not close after this FIN of ${endpoint(peerIp, peerPort)}`;
    const text = `${this.#at(halfClosed)}: ${ends}${state}, connection ${connectionId}`;
    this.#screen.add('', Rank.MORE, text);
  }

  /** What `--max-memory` cost. */
  #evictions(): string {
    const { unended, ended } = this.#summary.input.evictions;
    const when = [
      ...(unended > 0 ? [`${grouped(unended)} before the end`] : []),
      ...(ended > 0 ? [`${grouped(ended)} soon after it`] : []),
    ];
    return when.length === 0 ? '' : `; left memory (--max-memory): ${listed(when)}`;
  }

  #closedFirst(): void {
    const { byClosedFirst, inName, byCloseOfNobody, byConfidence, busiest, leastSure } = this.#summary.closers;
    const sides = byClosedFirst
      .filter(({ word }) => word !== 'nobody')
      .map(({ word, count }) => {
        const others = inName.find((side) => side.word === word)?.count ?? 0;
        const only =
          others === 0
            ? ''
            : ` (${others === count ? '' : `${grouped(others)} `}in name only, by a reset from elsewhere)`;
        return `${word === 'both' ? 'both at once' : word} ${grouped(count)}${only}`;
      });
    const nobody = byClosedFirst.find(({ word }) => word === 'nobody');
    if (nobody !== undefined)
      sides.push(
        `nobody ${grouped(nobody.count)} (${listed(byCloseOfNobody.map((c) => CLOSE_WORDS[c.word] ?? c.word))})`,
      );
    if (sides.length === 0) return;
    this.#headline('Closed first', listed(sides));
    if (busiest !== null && leastSure !== null && busiest.connections < this.#summary.connections.count) {
      const { serverIp, serverPort, serverFirst, clientFirst } = busiest;
      const who = `server ${grouped(serverFirst)}, client ${grouped(clientFirst)}`;
      this.#screen.add('', Rank.MORE, `most at ${endpoint(serverIp, serverPort)}: ${who}`);
    }
    if (leastSure === null) return;
    const sure = listed([...byConfidence].reverse().map((c) => `${c.word} ${grouped(c.count)}`));
    const { id, close, closedFirst, inNameOnly, closeNote } = leastSure;
    const note = closeNote === null ? '' : `: ${closeNote}`;
    const example = byConfidence.length > 1 ? 'least sure' : 'e.g.';
    const frame = close.frame === null ? '' : ` in ${this.#at(close)}`;
    const by = inNameOnly ? 'in the name of' : 'by';
    this.#cases([`how sure: ${sure}; ${example} connection ${id}, ${by} ${bySide(closedFirst)}${frame}${note}`]);
    this.#more('closers');
  }

  #resets(): void {
    const { byCause, worst } = this.#summary.resets;
    if (byCause.length === 0)
      return this.#headline('Resets', isOneWay(this.#summary) ? 'none in the direction that was captured' : 'none');
    this.#headline(
      'Resets',
      split(
        grouped(sum(byCause)),
        byCause.map((c) => [c.word, c.count]),
      ),
    );
    const cases = worst.flatMap(({ cause, example }) => {
      if (example === null) return [];
      const { id, resetBy, resetConfidence, inNameOnly, reset, clientIp, clientPort, serverIp, serverPort } = example;
      const sender = resetBy === 'client' ? endpoint(clientIp, clientPort) : endpoint(serverIp, serverPort);
      const sure = resetConfidence === null ? '' : ` (${resetConfidence})`;
      const by = inNameOnly || cause === 'injected' ? 'in the name of' : 'by'; // it does not come from there
      return [`${this.#at(reset)}: ${cause}${sure}, ${by} ${bySide(resetBy)} ${sender}, connection ${id}`];
    });
    this.#cases(cases);
    this.#more('resets');
  }

  #timeWait(): void {
    const { byOutcome, byHolder, worst } = this.#summary.timeWaitSyns;
    if (byOutcome.length === 0)
      return this.#headline('TIME_WAIT', unlessUnseen('no SYN met a connection in TIME_WAIT', this.#summary));
    const where = byHolder.some(({ holder }) => holder !== 'server')
      ? ` (${listed(byHolder.map((h) => `at ${bySide(h.holder)} ${grouped(h.count)}`))})`
      : '';
    this.#headline(
      'TIME_WAIT',
      split(
        `${counted(sum(byOutcome), 'SYN')} met it${where}`,
        byOutcome.map((o) => [o.outcome, o.count]),
      ),
    );
    this.#cases(
      worst.map((syn) => {
        const late = syn.attempts > 1 && syn.retryDelayS !== null ? `, ${spokenSeconds(syn.retryDelayS)} late` : '';
        const isn = `ISN ${compared(syn.isnRelation, syn.isnDelta)}`;
        const ticks =
          syn.tsRelation === null
            ? 'timestamp cut off'
            : syn.tsRelation === 'absent'
              ? 'no timestamp'
              : `timestamp ${compared(syn.tsRelation, syn.tsDelta)}`;
        const connection = syn.connectionId === null ? '' : `, connection ${syn.connectionId}`;
        return `${this.#at(syn)}: ${syn.outcome} after ${spokenSeconds(syn.elapsedS)}${late}, ${isn}, ${ticks}${connection}`;
      }),
    );
    this.#more('time-wait');
  }

  #paws(): void {
    const { byOutcome, worst } = this.#summary.paws;
    if (byOutcome.length === 0)
      return this.#headline(
        'PAWS',
        unlessUnseen('no segment had a timestamp older than its receiver knew', this.#summary),
      );
    this.#headline(
      'PAWS',
      split(
        `${counted(sum(byOutcome), 'segment')} too old`,
        byOutcome.map((o) => [o.outcome, o.count]),
      ),
    );
    this.#cases(
      worst.map((segment) => {
        const margin = segment.marginS === null ? '' : `, ${spokenSeconds(segment.marginS)}`;
        const connection = segment.connectionId === null ? '' : `, connection ${segment.connectionId}`;
        const at =
          segment.frame === null
            ? `frame ${segment.evidenceFrame ?? '?'} tells of one not captured`
            : this.#at(segment);
        return `${at}: ${segment.outcome} (${counted(-segment.tsDelta, 'tick')} too old${margin}), ${segment.impact}${connection}`;
      }),
    );
    this.#more('paws');
  }

  #clocks(): void {
    const { clocks } = this.#summary;
    if (clocks.sources === 0)
      return this.#headline('Clocks', 'no SYN with a timestamp, so nothing to tell hosts behind a NAT by');
    const kinds: [string, number][] = [
      ['several hosts', clocks.severalHosts],
      ['one clock', clocks.singleClock],
      ['random offsets (hosts cannot be counted)', clocks.randomOffsets],
      ['too little to tell', clocks.tooFew],
    ];
    this.#headline(
      'Clocks',
      split(
        `${counted(clocks.sources, 'source')} of SYNs`,
        kinds.filter(([, n]) => n > 0),
      ),
    );
    clocks.worst.forEach((source, i) => {
      const hosts = source.estimatedHosts === null ? '' : `${counted(source.estimatedHosts, 'host')}, `;
      const where = source.frame === null ? '' : `${this.#at(source)}: `;
      const drops =
        source.recycleDrops > 0 ? `; tcp_tw_recycle would have dropped ${grouped(source.recycleDrops)}` : '';
      const text = `${where}${source.sourceIp}, ${hosts}timestamps back in ${grouped(source.regressions)} of ${counted(source.syns, 'SYN')}${drops}`;
      this.#screen.add('', i === 0 && source.verdict === 'several-hosts' ? Rank.WORST : Rank.MORE, printable(text));
    });
    // Where all are too few and no SYN would have been dropped, there is no more to see, and others need the line.
    if (clocks.tooFew < clocks.sources || clocks.worst.some(({ recycleDrops }) => recycleDrops > 0)) this.#more('nat');
  }

  #findings(): void {
    const { bySeverity, gravest } = this.#summary.findings;
    if (bySeverity.length === 0) return this.#headline('Findings', 'none');
    this.#headline('Findings', listed(bySeverity.map((s) => `${s.severity} ${grouped(s.count)}`)));
    gravest.forEach((finding, i) => {
      const paint =
        finding.severity === 'critical'
          ? this.#style.red
          : finding.severity === 'warning'
            ? this.#style.yellow
            : undefined;
      const often = finding.count > 1 ? ` (1 of ${grouped(finding.count)})` : '';
      const said = finding.frame === null || finding.summary.includes(this.#at(finding));
      const where = said ? '' : `${this.#at(finding)}: `;
      const kind = `${finding.kind}${often}: `;
      // In one line rather what happened, which a sentence says after its last colon, than to whom.
      const happened = /^.*: (.*)$/.exec(finding.summary)?.[1];
      const frame = finding.frame === null ? '' : `${this.#at(finding)}: `;
      const briefs = happened === undefined ? [] : [`${kind}${frame}${happened}`, `${kind}${happened}`].map(printable);
      const rank = [Rank.GRAVEST, Rank.NEXT_GRAVEST][i] ?? Rank.MORE;
      this.#screen.add('', rank, printable(`${kind}${where}${finding.summary}`), paint, i === 1 ? briefs : []);
    });
    this.#more('findings');
  }

  /** The frame, and which of several captures holds it. */
  #at({ frame, path }: { readonly frame: number | null; readonly path: string | null }): string {
    const file = path === null || this.#summary.input.captures === 1 ? '' : `${path.replace(/^.*\//, '')} `;
    return `${file}frame ${frame ?? '?'}`;
  }
}
