/**
 * Compares what our database says of a capture with what tshark says of it. Pure: rows in, differences out.
 *
 * `ours`: `{ tcpPackets, connections }`, connections as rows of the view of that name. `oracle`: one object of
 * oracle.jsonl.gz. A four-tuple is undirected here, for the first packet seen may be the server's. First FINs are
 * compared where tshark sees one stream on a four-tuple: where it sees several, it splits them by another rule than we do.
 *
 * @returns {{ packets: boolean, tuples: boolean, fins: { equal: number, all: number }, differences: string[] }}
 */
export function compare(ours, oracle) {
  const differences = [];
  const packets = ours.tcpPackets === oracle.tcp_packets;
  if (!packets) differences.push(`tcp_packets: ours ${ours.tcpPackets}, tshark ${oracle.tcp_packets}`);

  const our = group(ours.connections, (row) => [
    end(row.client_ip, row.client_port),
    end(row.server_ip, row.server_port),
  ]);
  const their = group(oracle.conns, (stream) => [end(stream.a, stream.ap), end(stream.b, stream.bp)]);
  const missing = [...their.keys()].filter((key) => !our.has(key));
  const extra = [...our.keys()].filter((key) => !their.has(key));
  for (const key of missing) differences.push(`four-tuple ${key}: tshark has it, we do not`);
  for (const key of extra) differences.push(`four-tuple ${key}: we have it, tshark does not`);

  const fins = { equal: 0, all: 0 };
  for (const [key, streams] of their) {
    if (streams.length !== 1) continue;
    fins.all++;
    const theirs = streamFins(streams[0]);
    const mine = connectionFins(our.get(key) ?? []);
    if (!our.has(key)) continue;
    if (theirs === mine) fins.equal++;
    else differences.push(`first FINs of ${key}: ours ${mine || 'none'}, tshark ${theirs || 'none'}`);
  }
  return { packets, tuples: missing.length === 0 && extra.length === 0, fins, differences };
}

function group(rows, ends) {
  const groups = new Map();
  for (const row of rows) {
    const key = ends(row).sort().join(' - ');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}

/** Both write IPv6 as RFC 5952 wants it. */
function end(ip, port) {
  return `${ip} ${port}`;
}

function streamFins(stream) {
  return finText([
    [end(stream.a, stream.ap), stream.fa],
    [end(stream.b, stream.bp), stream.fb],
  ]);
}

/** The earliest first FIN of each end over the incarnations of a four-tuple. */
function connectionFins(connections) {
  return finText(
    connections.flatMap((row) => [
      [end(row.client_ip, row.client_port), row.client_fin_frame],
      [end(row.server_ip, row.server_port), row.server_fin_frame],
    ]),
  );
}

function finText(pairs) {
  const first = new Map();
  for (const [who, frame] of pairs) {
    if (typeof frame === 'number') first.set(who, Math.min(frame, first.get(who) ?? frame));
  }
  return [...first]
    .map(([who, frame]) => `${who} in frame ${frame}`)
    .sort()
    .join(', ');
}
