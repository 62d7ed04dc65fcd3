/** Parsers of option values. Each says what it takes when it cannot take something. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  sec: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
};
/** Longer than any stack keeps TIME_WAIT, and far from where nanoseconds stop being exact. */
const LONGEST_NS = 24 * 3600e9;

/** `500ms`, `30s`, `2m`, `4min` to nanoseconds. */
export function parseDuration(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (number === '' || factor === undefined)
    throw new InvalidArgumentError('Give a number and a unit, as in 500ms, 30s, 2m or 4min.');
  const ns = Math.round(Number(number) * factor);
  if (ns <= 0 || ns > LONGEST_NS) throw new InvalidArgumentError('It must be more than zero and at most 24h.');
  return ns;
}

export function parseCount(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 0 to 9999999.');
  return Number(text);
}

/** `512M`, `1.5G`, `2GiB` to octets; units are of 1,024. */
export function parseMemory(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt])(?:i?b)?$/i.exec(text.trim()) ?? [];
  if (number === '') throw new InvalidArgumentError('Give a number and a unit, as in 512M, 2G or 1.5G.');
  return Math.floor(Number(number) * 1024 ** ('kmgt'.indexOf(unit.toLowerCase()) + 1));
}

/** A duration, or `none` for Infinity: of null, commander would make an empty text. */
export function parseTimeLimit(text: string): number {
  return text === 'none' ? Infinity : parseDuration(text);
}

/** Gathers `name=value` of an option that may come several times. */
export function parseAssignment(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, name, value] = /^[:$@]?([A-Za-z_]\w*)=([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Give a name and a value, as in port=443.');
  return new Map([...before, [name, value]]);
}

/** More than 3 bring nothing; but who has a script for a large machine shall not have to know. */
export function parseJobs(text: string): number {
  const jobs = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (jobs === 0) throw new InvalidArgumentError('Give a whole number from 1 to 9999.');
  return jobs;
}
