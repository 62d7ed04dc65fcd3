/** The stages of a run, in the order in which a packet meets them, and the code of dist/ that each is. The first that fits. */
const CODE_OF_STAGE = [
  ['read', /^(?:capture|reading)\//],
  ['filter', /^filter\//],
  ['decode', /^(?:wire|segment)\//],
  ['track', /^flow\//],
  ['census', /^(?:detect\/census|detect\/socket-|store\/census-rows)/],
  ['judge', /^detect\//],
  ['index', /^store\/new-database\.js:#finish$/], // the indexes, the views, ANALYZE, and the last of the file
  ['write', /^store\//],
  ['summary', /^report\//],
];

/** Functions that sleep until another thread is done: the writer's queue and the reader's ring are full. */
const WAITING = new Set(['#wait', '#free']);
const START = 'start';
const REST = 'the rest';
const GARBAGE = 'collect garbage';
/** A thread that sleeps costs nothing. */
export const WAIT = 'wait';

export const STAGES = [START, 'read', 'filter', 'decode', 'track', 'judge', 'write', 'census', 'index', 'summary'];
STAGES.push(GARBAGE, REST, WAIT);

/**
 * Microseconds that each stage took of one thread's profile, and each function of each stage.
 *
 * Time that code of Node, SQLite or V8 took counts for the stage that called it. The summary is what `report/` calls for,
 * though the SQL that it asks for lies in `store/`. What nobody of ours called is the start until a thread does its first
 * work, and the rest afterwards; modules count for the start when they are evaluated. Garbage belongs to nobody.
 *
 * @param profile what `node --cpu-prof` wrote
 * @returns {{ stages: Map<string, number>, functions: Map<string, number> }} keys of `functions`: stage, tab, name and place
 */
export function stagesOf(profile) {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const answers = new Map();
  const stages = new Map();
  const functions = new Map();
  const add = (map, key, microseconds) => map.set(key, (map.get(key) ?? 0) + microseconds);
  let hasBegun = false;
  profile.samples.forEach((id, i) => {
    if (!answers.has(id)) answers.set(id, answerFor(stackOf(id, nodes, parents)));
    const { stage: known, place } = answers.get(id);
    if (known !== null && ![START, GARBAGE, WAIT].includes(known)) hasBegun = true;
    const stage = known ?? (hasBegun ? REST : START);
    const microseconds = profile.timeDeltas[i + 1] ?? 0; // a sample lasts until the next one
    add(stages, stage, microseconds);
    add(functions, `${stage}\t${place}`, microseconds);
  });
  return { stages, functions };
}

/** The frames of a sample, the innermost first. */
function stackOf(id, nodes, parents) {
  const stack = [];
  for (let at = id; at !== undefined; at = parents.get(at)) stack.push(nodes.get(at).callFrame);
  return stack;
}

/** The stage is null where nobody of ours was at work. */
function answerFor(stack) {
  const [innermost] = stack;
  if (innermost.functionName === '(garbage collector)') return { stage: GARBAGE, place: '(garbage collector)' };
  if (innermost.functionName === '(idle)') return { stage: WAIT, place: '(idle)' };
  const own = stack.find((frame) => stageOf(frame) !== null);
  if (own === undefined) return { stage: null, place: innermost.functionName || '(anonymous)' };
  const place = `${own.functionName || '(module)'} ${pathOf(own)}:${own.lineNumber + 1}`;
  if (isModule(own)) return { stage: START, place };
  if (WAITING.has(own.functionName)) return { stage: WAIT, place };
  const isSummary = stack.some((frame) => stageOf(frame) === 'summary');
  return { stage: isSummary ? 'summary' : stageOf(own), place };
}

function stageOf(frame) {
  const path = pathOf(frame);
  if (path === null) return null;
  return CODE_OF_STAGE.find(([, code]) => code.test(`${path}:${frame.functionName}`))?.[0] ?? null;
}

/** Where in dist/ a frame's code lies; null for other code. */
function pathOf({ url }) {
  return /\/dist\/([a-z-]+\/.*)$/.exec(url)?.[1] ?? null;
}

/** The code of a module outside all functions, which runs once. */
function isModule({ functionName, lineNumber }) {
  return functionName === '' && lineNumber === 0;
}

/** What a thread does, by the code that it runs. */
export function threadOf(profile) {
  const runs = (name) => profile.nodes.some(({ callFrame }) => callFrame.url.endsWith(`/dist/${name}`));
  if (runs('cli.js')) return 'main';
  if (runs('store/writer-worker.js')) return 'writer';
  if (runs('reading/reader-worker.js')) return 'reader';
  return 'other';
}
