/** The first screen: what was captured, from where, and how much of it can be relied on. */
import type { Trust } from '../../store/page/trust.js';
import { capital, counted, grouped, spokenSeconds } from '../plain.js';
import { stepsBack } from '../summary-words.js';
import type { Summary } from '../summary.js';
import { markup, type Content, type Markup } from './markup.js';
import { baseName, CLOSE_WORDS } from './words.js';

/** @param contents links to the other parts of the page */
export function overview(summary: Summary, trust: Trust, contents: Markup): Markup {
  const facts = trustFacts(summary, trust);
  return markup`<header>
      <p class="eyebrow">tcpclose: the close story of every TCP connection</p>
      <h1>${title(summary)}</h1>
      <p class="lead">${lead(summary)}</p>
      ${contents}
    </header>
    <div class="two">
      <section id="captured">
        <h2>What was captured</h2>
        <dl>
          ${captured(summary).map(
            ([term, text]) =>
              markup`<dt>${term}</dt>
                <dd>${text}</dd>`,
          )}
        </dl>
      </section>
      <section id="trust">
        <h2>How far to trust it</h2>
        <ul class="facts">
          ${facts.map(
            ({ good, text }) =>
              markup`<li class="${good ? 'good' : 'doubt'}">
                <span aria-hidden="true">${good ? '✓' : '!'}</span
                ><span>${good ? null : markup`<span class="hidden">Caution: </span>`}${text}</span>
              </li>`,
          )}
        </ul>
      </section>
    </div> `;
}

export function title({ input }: Summary): string {
  if (input.captures === 0) return 'no capture';
  const first = input.firstPath === null || input.firstPath === '-' ? 'standard input' : baseName(input.firstPath);
  return input.captures === 1 ? first : `${first} and ${counted(input.captures - 1, 'more capture')}`;
}

/** 500,000 connections in 14.8 s: closed 475,000, reset 25,000. */
function lead({ connections, input, findings }: Summary): string {
  if (connections.count === 0) return 'No TCP connection: no TCP segment was found in what was captured.';
  const time = input.durationS === null ? '' : ` in ${spokenSeconds(input.durationS)}`;
  const ends = connections.byClose
    .map(({ word, count }) => `${CLOSE_WORDS[word] ?? word} ${grouped(count)}`)
    .join(', ');
  const found = findings.bySeverity.map(({ severity, count }) => `${severity} ${grouped(count)}`).join(', ');
  return `${counted(connections.count, 'connection')}${time}: ${ends}. Findings: ${found === '' ? 'none' : found}.`;
}

function captured({ input, meta }: Summary): [string, Content][] {
  const tcp = input.tcpPackets === input.packets ? 'all of TCP' : `${grouped(input.tcpPackets)} of TCP`;
  return [
    [
      'Capture',
      input.captures === 1 ? (input.firstPath ?? '') : `${input.captures} files, the first ${input.firstPath ?? ''}`,
    ],
    ['Packets', `${grouped(input.packets)}, ${tcp}`],
    ...input.filters.map(({ expression }): [string, Content] => ['Filter', expression]),
    ['Time', input.firstSeen === null ? 'not known' : timeSpan(input.firstSeen, input.lastSeen ?? '')],
    ['Tap', tap(input)],
    ['TIME_WAIT', `taken to last ${spokenSeconds(Number(meta.time_wait_ns ?? 60e9) / 1e9)}`],
    ['Made by', `tcpclose ${meta.tool_version ?? ''}, ${madeAt(meta.created ?? '')}`],
  ];
}

/** The date once, where begin and end share it. */
function timeSpan(first: string, last: string): string {
  return `${first} to ${last.slice(0, 10) === first.slice(0, 10) ? last.slice(11) : last} UTC`;
}

/** 2026-11-21T07:24:37.351Z -> 2026-11-21 07:24:37 UTC. */
function madeAt(iso: string): string {
  return iso.replace(/^(\S+)T(\d\d:\d\d:\d\d)\.\d+Z$/, '$1 $2 UTC');
}

/** Where the capture was taken. */
const TAP = {
  client: 'at the client, as most handshakes show',
  server: 'at the server, as most handshakes show',
  middle: 'between client and server, as most handshakes show',
  unknown: 'unknown: the handshakes do not tell',
} as const;

function tap({ vantage, captures }: Summary['input']): string {
  const where = TAP[vantage ?? 'unknown'];
  return vantage === null && captures > 1 ? `${where}, or the captures differ` : where;
}

interface Fact {
  readonly good: boolean;
  readonly text: string;
}

function trustFacts(summary: Summary, trust: Trust): Fact[] {
  const { input } = summary;
  const facts: Fact[] = [];
  const say = (good: boolean, text: string): number => facts.push({ good, text });
  for (const { path, damage } of input.damages) say(false, `${baseName(path)} is damaged: ${damage}.`);
  for (const sentence of input.unread) say(false, `Nothing was read of ${sentence}`);
  if (input.repeated !== null) {
    const { count, path, repeats } = input.repeated;
    const whose = count === 1 ? '' : ` ${counted(count, 'capture')} repeat others.`;
    say(false, `${baseName(path)} repeats ${baseName(repeats)}: all in it is counted twice.${whose}`);
  }
  if (input.damages.length + input.unread.length === 0) say(true, 'All input was read whole.');
  if (input.filters.length > 0)
    say(
      !input.filters.some(({ cutsConnections }) => cutsConnections),
      `A filter left out ${counted(input.leftOutPackets, 'packet')}: nothing here is about them. ` +
        'Segments of a connection among them count as not captured.',
    );
  if (input.withoutAcks.count > 0)
    say(
      false,
      `${input.withoutAcks.count === input.withoutAcks.all ? 'The capture holds' : 'Some of the recordings hold'} no bare ACKs: a filter left them out. The last FIN of a close is taken to have been acknowledged; why a connection was reset, how long it was idle, and what PAWS rejected of data cannot be told.`,
    );
  if (input.undecodedPackets > 0) {
    const why = input.undecoded.map(({ packets, meaning }) => `${grouped(packets)} ${meaning}`).join('; ');
    say(false, `${counted(input.undecodedPackets, 'packet')} could not be decoded${why === '' ? '' : `: ${why}`}.`);
  }
  if (input.dropsReported !== null)
    say(
      input.dropsReported === 0,
      input.dropsReported === 0
        ? 'The capturing host reports no lost packets.'
        : `The capturing host lost ${counted(input.dropsReported, 'packet')}: verdicts near a gap are less sure.`,
    );
  if (input.cutFrames > 0)
    say(
      true,
      `${counted(input.cutFrames, 'packet')} cut by the snap length; what their headers still show was judged.`,
    );
  if (input.backwardSteps > 0) say(false, `${capital(stepsBack(input))}.`);
  if (trust.connections > 0) about(summary, trust, say);
  return facts;
}

function about({ closers, connections }: Summary, trust: Trust, say: (good: boolean, text: string) => number): void {
  const { count, oneSided, unheard } = connections;
  const all = count === 1 ? 'the connection' : `all ${grouped(count)} connections`;
  const which = oneSided === count ? all : `${grouped(oneSided)} of ${counted(count, 'connection')}`;
  if (oneSided > 0)
    say(
      false,
      `Of ${which} one direction only was captured: what the other side did, SYNs on TIME_WAIT and what PAWS rejected cannot be seen there.`,
    );
  else if (unheard === count)
    say(
      false,
      'No answer to any SYN was captured: whether nobody answered or one direction is missing cannot be told.',
    );
  if (trust.guessedRoles > 0)
    say(
      false,
      `${counted(trust.guessedRoles, 'connection')} began before the capture: which end is the client is a guess there.`,
    );
  const judged = closers.byConfidence.reduce((sum, { count }) => sum + count, 0);
  if (judged === 0) return;
  const words = [...closers.byConfidence].reverse().map(({ word, count }) => `${word} ${grouped(count)}`);
  const certain = closers.byConfidence.find(({ word }) => word === 'certain')?.count ?? 0;
  say(certain === judged, `Who closed first: ${words.join(', ')}.`);
  for (const { note, connections } of trust.closeNotes.slice(0, 3))
    say(false, `Less sure who closed first: ${note} (${counted(connections, 'connection')}).`);
}
