/** The page as one file: no request leaves it, and nothing but its own style sheet and script may act. */
import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { sourceClocks } from '../../store/page/clock-samples.js';
import { connectionFacts } from '../../store/connection-facts.js';
import { closesOverTime } from '../../store/page/close-times.js';
import { findingKinds, findingList } from '../../store/page/finding-lists.js';
import { recordedSpan } from '../../store/page/recorded-span.js';
import { idleBeforeResets, resetsByCauseAndSender, timersBeforeResets } from '../../store/page/reset-counts.js';
import { countServices, type Services } from '../../store/page/services.js';
import { synDeltas, timeWaitSynLines } from '../../store/page/time-wait-deltas.js';
import { timeWaitHeld } from '../../store/page/time-wait-held.js';
import { trust } from '../../store/page/trust.js';
import { natLines, pawsLines } from '../../store/page/verdict-lines.js';
import { worstCases, type WorstCase } from '../../store/page/worst-cases.js';
import { explainConnection } from '../ladder/explained-connection.js';
import { shellWord } from '../plain.js';
import { summarize, type Summary } from '../summary.js';
import type { CheckOptions } from './checks.js';
import { CLOCK_SOURCES, clocksChart } from './clocks.js';
import { CLOSE_BUCKETS, closeTimesChart } from './close-times.js';
import { CLOSER_BARS, closersChart } from './closers.js';
import { findingsSection, findingsTable } from './findings.js';
import { idleBeforeResetChart } from './idle-before-reset.js';
import { ladderFigure } from './ladder.js';
import { markup, Markup } from './markup.js';
import { overview, title } from './overview.js';
import { resetCausesChart } from './reset-causes.js';
import { SCRIPT } from './script.js';
import { patternDefinitions } from './series.js';
import { STYLE } from './style.js';
import { natTable, pawsTable, resetsTable, servicesTable, timeWaitSynsTable } from './tables.js';
import { TIME_WAIT_HOSTS, timeWaitHeldChart } from './time-wait-held.js';
import { timeWaitSynsChart } from './time-wait-syns.js';

/** Rows of a table, points of one kind on a chart: the page stays small, and says what it leaves out. */
const TABLE_ROWS = 200;
const FINDINGS_OF_A_KIND = 100;
const POINTS = 500;
const LADDERS = 6;

/** By itself: a bundler takes apart a template in which it stands. */
const END_OF_SCRIPT = new Markup('</script>');

/** The report as one self-contained HTML page. `databasePath` stands in the commands to copy. */
export function reportPage(db: Database, databasePath: string): string {
  const summary = summarize(db, databasePath);
  const options = { database: databasePath, severalCaptures: summary.input.captures > 1 };
  const kinds = findingKinds(db);
  const cases = worstCases(db, kinds, LADDERS);
  const services = countServices(db, { busiest: TABLE_ROWS, closed: CLOSER_BARS });
  const parts: Part[] = [
    { id: 'pictures', heading: 'Pictures', content: charts(db, summary, services) },
    { id: 'ladders', heading: 'Ladders of the worst cases', content: ladders(db, cases, options) },
    { id: 'tables', heading: 'Tables', content: tables(db, summary, services, options) },
  ].filter(({ content }) => content.length > 0);
  return document(
    title(summary),
    markup`${patternDefinitions()}<main>
${overview(summary, trust(db), contents(parts))}${findingsSection(kinds, ladderOf(cases), options)}${parts.map(part)}
<footer><p class="note">Made from the database ${databasePath} alone. Frame numbers are Wireshark's <code>frame.number</code>; times are UTC.</p></footer>
</main>`,
  );
}

function charts(db: Database, { timeWaitSyns }: Summary, services: Services): Markup[] {
  const span = recordedSpan(db);
  return there([
    closeTimesChart(closesOverTime(db, CLOSE_BUCKETS), span),
    timeWaitHeldChart(timeWaitHeld(db, TIME_WAIT_HOSTS), span),
    closersChart(services),
    resetCausesChart(resetsByCauseAndSender(db)),
    idleBeforeResetChart(idleBeforeResets(db), timersBeforeResets(db)),
    timeWaitSynsChart(synDeltas(db, POINTS), timeWaitSyns.byOutcome),
    ...sourceClocks(db, CLOCK_SOURCES).map((source, i) => clocksChart(source, i, span)),
  ]);
}

function ladders(db: Database, cases: readonly WorstCase[], options: CheckOptions): Markup[] {
  return cases.map(({ finding, connectionId }) =>
    ladderFigure({
      explained: explainConnection(connectionFacts(db, connectionId)),
      summary: finding.summary,
      ...options,
    }),
  );
}

const ladderOf = (cases: readonly WorstCase[]): Map<number, number> =>
  new Map(cases.map(({ finding, connectionId }) => [finding.id, connectionId]));

function tables(db: Database, summary: Summary, services: Services, options: CheckOptions): Markup[] {
  const command = (name: string): string => `tcpclose query ${shellWord(options.database)} --named ${name}`;
  const sum = (counts: readonly { readonly count: number }[]): number => counts.reduce((n, { count }) => n + count, 0);
  const nat = natLines(db, TABLE_ROWS);
  return there([
    findingsTable(findingList(db, FINDINGS_OF_A_KIND), sum(summary.findings.bySeverity), options),
    servicesTable(services.busiest, services.total, command),
    resetsTable(resetsByCauseAndSender(db), command),
    timeWaitSynsTable(timeWaitSynLines(db, TABLE_ROWS), sum(summary.timeWaitSyns.byOutcome), command),
    pawsTable(pawsLines(db, TABLE_ROWS), sum(summary.paws.byOutcome), command),
    natTable(nat.lines, nat.total, command),
  ]);
}

const there = (parts: readonly (Markup | null)[]): Markup[] => parts.filter((part) => part !== null);

interface Part {
  readonly id: string;
  readonly heading: string;
  readonly content: readonly Markup[];
}

function part({ id, heading, content }: Part): Markup {
  return markup`<section class="part" id="${id}"><h2>${heading}</h2>\n${content}</section>\n`;
}

function contents(parts: readonly Part[]): Markup {
  return markup`<nav aria-label="On this page"><ul><li><a href="#findings">Findings</a></li>${parts.map(
    ({ id, heading, content }) => markup`<li><a href="#${id}">${heading}</a> (${content.length})</li>`,
  )}</ul></nav>`;
}

/** Style sheet and script are named by their hashes, so that nothing else in the page can act, whatever its text is. */
function document(name: string, body: Markup): string {
  const policy = `default-src 'none'; style-src '${hash(STYLE)}'; script-src '${hash(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>tcpclose: ${name}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${body}
<script>${new Markup(SCRIPT)}${END_OF_SCRIPT}
</body>
</html>
`.text;
}

const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
