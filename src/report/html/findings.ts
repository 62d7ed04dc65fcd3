/** Findings in order of severity: each kind once as a sentence, then all of them in a table. */
import type { Finding, FindingKind } from '../../store/page/finding-lists.js';
import { grouped, shellWord } from '../plain.js';
import { checks, type CheckOptions } from './checks.js';
import { dataTable } from './data-table.js';
import { markup, type Markup } from './markup.js';
import { baseName } from './words.js';

type Severity = Finding['severity'];

/** A shape beside each word, so that nothing hangs on the colour. */
const SHAPES: Readonly<Record<Severity, string>> = { critical: '◆', warning: '▲', notice: '●', info: '○' };
const GRAVITY: readonly Severity[] = ['critical', 'warning', 'notice', 'info'];

export function badge(severity: Severity): Markup {
  return markup`<span class="badge ${severity}"><span aria-hidden="true">${SHAPES[severity]}</span> ${severity}</span>`;
}

/**
 * What to look at: one sentence for each kind, the gravest first.
 * @param ladders of a finding's id, the connection whose ladder is drawn for it
 */
export function findingsSection(
  kinds: readonly FindingKind[],
  ladders: ReadonlyMap<number, number>,
  options: CheckOptions,
): Markup {
  if (kinds.length === 0)
    return markup`<section id="findings">
      <h2>Findings</h2>
      <p>None: nothing in this capture is out of the ordinary, as far as it can be judged.</p>
    </section>`;
  return markup`<section id="findings">
    <h2>Findings</h2>
    <ol class="findings">
      ${kinds.map((kind) => item(kind, ladders.get(kind.id), options))}
    </ol>
  </section> `;
}

function item(kind: FindingKind, ladder: number | undefined, options: CheckOptions): Markup {
  const often = kind.count > 1 ? markup` · <b>1 of ${grouped(kind.count)}</b>, the surest` : null;
  const drawn = ladder === undefined ? null : markup` · <a href="#connection-${ladder}">its ladder</a>`;
  return markup`<li>
    <div class="finding">
      ${badge(kind.severity)}
      <div>
        <p class="sentence">${kind.summary}</p>
        <p class="meta">${kind.kind} · ${kind.confidence}${often}${where(kind, options)}${drawn}</p>
        <details class="check">
          <summary>Check it</summary>
          ${checks(kind, options)}
          <p class="note">
            Rests on ${kind.source}. <code>tcpclose explain ${kind.kind}</code> says what else can look the same.
          </p>
        </details>
      </div>
    </div>
  </li> `;
}

function where(finding: Finding, { severalCaptures }: CheckOptions): string {
  const connection = finding.connectionId === null ? '' : ` · connection ${finding.connectionId}`;
  if (finding.frame === null) return connection;
  const file = severalCaptures && finding.path !== null ? `${baseName(finding.path)} ` : '';
  return `${connection} · ${file}frame ${finding.frame}`;
}

export function findingsTable(findings: readonly Finding[], total: number, options: CheckOptions): Markup | null {
  if (findings.length === 0) return null;
  return dataTable<Finding>({
    id: 'all-findings',
    caption: 'All findings',
    rows: findings,
    total,
    command: `tcpclose query ${shellWord(options.database)} --named findings`,
    columns: [
      { title: 'severity', cell: (f) => badge(f.severity), sort: (f) => GRAVITY.indexOf(f.severity) },
      {
        title: 'what',
        cell: (f) =>
          markup`${f.summary}<details class="check"><summary>check it</summary>${checks(f, options)}</details>`,
        sort: (f) => f.summary,
        wide: true,
      },
      { title: 'kind', cell: (f) => f.kind },
      { title: 'how sure', cell: (f) => f.confidence },
      { title: 'connection', numeric: true, names: true, cell: (f) => f.connectionId },
      { title: 'frame', numeric: true, names: true, cell: (f) => f.frame },
      ...(options.severalCaptures
        ? [{ title: 'capture', cell: (f: Finding) => (f.path === null ? null : baseName(f.path)) }]
        : []),
    ],
  });
}
