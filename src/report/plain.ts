/** Text of captures and databases may hold anything; on a terminal nothing of it may act. */
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** 1234567 -> 1,234,567. */
export function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 connection`, `2 connections`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** Seconds for people: 34 µs, 0.4 ms, 12.3 s, 5 min 20 s, 3 h 4 min, 2 d 5 h. */
export function spokenSeconds(seconds: number): string {
  if (seconds < 0) return `-${spokenSeconds(-seconds)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 1e-6) return `${Math.round(seconds * 1e9)} ns`;
  if (seconds < 0.0001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.1) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 7200) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${grouped(Math.floor(whole / 86_400))} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** With a capital letter, as a sentence begins. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Cuts to `width` characters, with three dots where something is left out. */
export function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;
}

/** Spaces at which no line ends: before a unit, in `5 min 20 s`, `frame 12`, `RFC 9293 §3.6` and `tcpclose explain NAME`. */
const INSEPARABLE =
  /(?<=\d) (?=(?:ns|µs|ms|s|min|h|d|B|kB|MB|GB)(?!\w))|(?<=\d (?:d|h|min)) (?=\d+ (?:h|min|s)(?!\w))|(?<=\d) (?=§)|(?<=\b(?:frame|connection|RFC)) (?=\d)|(?<=\btcpclose) (?=explain )|(?<=\btcpclose explain) /g;

/**
 * Lines of at most `width` characters, broken at spaces; a longer word has a line of its own. Never empty. No-break spaces
 * keep words together and become spaces.
 */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replace(INSEPARABLE, '\u00a0').split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((whole) => whole.replaceAll('\u00a0', ' '));
}

/** Octets for people, in powers of ten: 999 B, 1.5 kB, 1.1 MB. */
export function spokenBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  return `${bytes} B`;
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`. */
export function endpoint(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** A file name as a shell takes it. */
export function shellWord(name: string): string {
  const plain = printable(name);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}
