/** The SYNs of a database that other rules may judge, each with what became of it. */
import type { Database } from 'better-sqlite3';
import {
  FATES,
  STACKS,
  deltasOf,
  fateUnder,
  type Fate,
  type JudgedSyn,
  type OtherRules,
  type StackName,
} from '../../detect/what-if.js';
import { TIME_WAIT_SYN_BITS, TUPLE_REUSE_BITS, type BitField } from '../../flow/row-layout.js';
import { SIDES, STACK_VERDICTS, TIME_WAIT_OUTCOMES, TS_RELATIONS } from '../../flow/vocabulary.js';

export type FateCounts = Readonly<Record<Fate, number>>;

/** A SYN that would fare otherwise. */
export interface ChangedSyn {
  readonly connectionId: number;
  readonly previousConnectionId: number | null;
  /** Null where there is but one capture. */
  readonly path: string | null;
  readonly frame: number;
  readonly seen: Fate;
  readonly then: Fate;
  /** Seconds since TIME_WAIT began or was restarted; null where the close before was not complete. */
  readonly ageS: number | null;
  /** Against the numbers of the connection before, signed, modulo 2^32; null where one is not known. */
  readonly isnDelta: number | null;
  readonly tsDelta: number | null;
}

export interface SynFates {
  readonly seen: FateCounts;
  readonly then: FateCounts;
  /** SYNs towards nobody in TIME_WAIT, from a port that their own sender held in it: no rule of the receiver counts. */
  readonly ownPort: number;
  readonly changed: number;
  /** The first of them, those that would fare worse before the others. */
  readonly changes: readonly ChangedSyn[];
  /** For every stack what it would do, other things being equal. */
  readonly stacks: Readonly<Record<StackName, FateCounts>>;
}

/** Changes that are told one by one. */
const MAX_CHANGES = 100;

interface SynRow {
  readonly connectionId: number;
  readonly previousConnectionId: number | null;
  readonly at: number;
  readonly verdict: number | null;
  readonly attempts: number;
  readonly age: number | null;
  readonly isn: number;
  readonly finalSeq: number;
  readonly tsval: number;
  readonly previousTsval: number;
  readonly window: number;
  readonly facts: number;
  readonly drop: number;
}

const NUMBERS = 'COALESCE(u.window, 0) AS window, COALESCE(u.facts, 0) AS facts';
const DROP = (id: string): string =>
  `EXISTS (SELECT 1 FROM tw_recycle_drop_row AS d WHERE d.connection_id = ${id}) AS "drop"`;

/** SYNs on TIME_WAIT; those that would be if it lasted `:length`; and those that tcp_tw_recycle would drop beside them. */
const SYNS = `SELECT t.connection_id AS connectionId, t.previous_connection_id AS previousConnectionId, t.syn_at AS at, t.verdict, t.attempts,
    CASE WHEN u.age_span <> -1 THEN u.age_span ELSE t.elapsed_span END AS age, t.isn, t.previous_final_seq AS finalSeq, t.tsval,
    t.previous_tsval AS previousTsval, ${NUMBERS}, ${DROP('t.connection_id')}
  FROM time_wait_syn_row AS t LEFT JOIN tuple_reuse_row AS u ON u.id = t.connection_id
UNION ALL
SELECT u.id, u.previous_connection_id, c.first_at, NULL, 1, NULLIF(u.age_span, -1), u.isn, u.previous_final_seq, u.tsval, u.previous_tsval, ${NUMBERS}, ${DROP('u.id')}
  FROM tuple_reuse_row AS u JOIN connection_row AS c ON c.id = u.id
  WHERE NOT EXISTS (SELECT 1 FROM time_wait_syn_row AS t WHERE t.connection_id = u.id)
    AND ((u.age_span BETWEEN 0 AND :length - 1) OR :recycle AND EXISTS (SELECT 1 FROM tw_recycle_drop_row AS d WHERE d.connection_id = u.id))
UNION ALL
SELECT d.connection_id, NULL, d.syn_at, NULL, 1, NULL, -1, -1, d.tsval, -1, 0, 0, 1
  FROM tw_recycle_drop_row AS d WHERE :recycle AND NOT EXISTS (SELECT 1 FROM tuple_reuse_row AS u WHERE u.id = d.connection_id)
    AND NOT EXISTS (SELECT 1 FROM time_wait_syn_row AS t WHERE t.connection_id = d.connection_id)`;

export function synFates(db: Database, other: OtherRules): SynFates {
  const seen = noFates();
  const then = noFates();
  const names = Object.keys(STACKS) as StackName[];
  const stacks = Object.fromEntries(names.map((name) => [name, noFates()])) as Record<StackName, Record<Fate, number>>;
  const worse: ChangedSyn[] = [];
  const better: ChangedSyn[] = [];
  let ownPort = 0;
  let changed = 0;
  const rows = db.prepare<[{ length: number; recycle: number }], SynRow>(SYNS);
  for (const row of rows.iterate({ length: other.timeWaitNs, recycle: other.twRecycle ? 1 : 0 })) {
    const holder = SIDES[holderOf(row)];
    if (holder === 'client' && row.verdict !== null) ownPort++;
    const syn = judged(row, holder === 'server' || holder === 'both');
    const fate = asSeen(syn.seen, fateUnder(syn, other));
    if (syn.seen === 'free' && fate === 'free') continue;
    seen[syn.seen]++;
    then[fate]++;
    for (const name of names) stacks[name][fateUnder(syn, { ...other, stack: name })]++;
    if (syn.seen === fate || (goesWell(syn.seen) && goesWell(fate))) continue;
    changed++;
    const list = goesWell(fate) ? better : worse;
    if (list.length < MAX_CHANGES) list.push(change(row, syn, fate));
  }
  const paths = new Map(db.prepare<[], [number, string]>('SELECT id, path FROM captures').raw().all());
  const changes = [...worse, ...better].slice(0, MAX_CHANGES).map((one) => {
    const at = one.frame;
    return { ...one, path: paths.size > 1 ? (paths.get(Math.floor(at / 2 ** 32)) ?? null) : null, frame: at % 2 ** 32 };
  });
  return { seen, then, ownPort, changed, changes, stacks };
}

/** Rules tell of the first copy of a SYN: one that was let in late was challenged at first, and would be let in again. */
function asSeen(seen: Fate, then: Fate): Fate {
  return seen === 'late' && then === 'challenged' ? seen : then;
}

/** Whether the first copy of a SYN gets in, or nothing speaks against it. */
function goesWell(fate: Fate): boolean {
  return fate === 'free' || fate === 'accepted';
}

const codeIn = (packed: number, field: BitField): number => (packed >>> field.shift) & (2 ** field.width - 1);

function holderOf({ verdict, facts }: SynRow): number {
  return verdict === null ? codeIn(facts, TUPLE_REUSE_BITS.holder) : codeIn(verdict, TIME_WAIT_SYN_BITS.holder);
}

function judged(row: SynRow, receiverHolds: boolean): JudgedSyn {
  const { verdict } = row;
  return {
    isn: row.isn,
    finalSeq: row.finalSeq,
    tsval: row.tsval === -1 ? null : row.tsval,
    tsRecent: row.previousTsval === -1 || codeIn(row.facts, TUPLE_REUSE_BITS.stamped) === 0 ? null : row.previousTsval,
    window: row.window,
    ageNs: row.age ?? Infinity,
    receiverHolds,
    cut:
      verdict === null
        ? codeIn(row.facts, TUPLE_REUSE_BITS.cut) === 1
        : TS_RELATIONS[codeIn(verdict, TIME_WAIT_SYN_BITS.ts_relation)] === null,
    recorded:
      verdict === null || !receiverHolds
        ? null
        : (stack) => STACK_VERDICTS[codeIn(verdict, TIME_WAIT_SYN_BITS[stack])] ?? null,
    seen: verdict === null || !receiverHolds ? 'free' : fateSeen(verdict, row.attempts),
    recycleDrop: row.drop === 1,
  };
}

function fateSeen(verdict: number, attempts: number): Fate {
  const outcome = TIME_WAIT_OUTCOMES[codeIn(verdict, TIME_WAIT_SYN_BITS.outcome)] ?? 'unanswered';
  if (outcome === 'accepted-after-rst') return 'late';
  return outcome === 'accepted' && attempts > 1 ? 'late' : outcome;
}

/** `frame` holds the place still, capture and frame. */
function change(row: SynRow, syn: JudgedSyn, then: Fate): ChangedSyn {
  return {
    connectionId: row.connectionId,
    previousConnectionId: row.previousConnectionId,
    path: null,
    frame: row.at,
    seen: syn.seen,
    then,
    ageS: row.age === null ? null : row.age / 1e9,
    ...deltasOf(syn),
  };
}

function noFates(): Record<Fate, number> {
  return Object.fromEntries(FATES.map((fate) => [fate, 0])) as Record<Fate, number>;
}
