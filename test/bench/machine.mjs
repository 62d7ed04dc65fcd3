import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { isInstalled } from './measure.mjs';

/** How each of the others tells its version, and where it stands in what it prints. */
const VERSIONS = {
  tcpdump: [['--version'], /tcpdump version (\S+)/],
  tshark: [['--version'], /TShark \(Wireshark\) (\d[\d.]*)/],
  tcptrace: [['-v'], /[Vv]er(?:sion)?:? *(\d\S*)/],
  argus: [['-h'], /[Vv]ersion (\d\S*)/],
};

/** How busy the machine is with other things: to be asked for before anything is measured. */
export function load() {
  return `Load of the machine before the first run: ${loadavg()[0].toFixed(2)}.`;
}

/** Date, program, Node, machine, and the versions of what was compared with, in one sentence. */
export function circumstances(root) {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const cores = `${processors.length} ${processors.length === 1 ? 'core' : 'cores'}`;
  const others = Object.keys(VERSIONS)
    .filter(isInstalled)
    .map((name) => `${name} ${versionOf(name)}`.trim());
  const machine = `${cores} of ${model}, ${Math.round(totalmem() / 1e9)} GB`;
  const parts = [`tcpclose ${version}${commit(root)}`, `Node ${process.version.slice(1)}`, machine, ...others];
  return `${new Date().toISOString().slice(0, 10)}: ${parts.join('; ')}.`;
}

function versionOf(program) {
  const [args, pattern] = VERSIONS[program];
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? '';
}

function commit(root) {
  try {
    const git = ['-C', root, 'describe', '--always', '--dirty'];
    return ` (${execFileSync('git', git, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()})`;
  } catch {
    return '';
  }
}
