const separators = [',', ';', '\t'] as const;
/** Names of columns as they are met, in lower case, without spaces, dashes and underscores. */
const columns = {
  url: ['enr', 'record', 'noderecord', 'enode', 'enodeurl', 'url', 'node'],
  id: ['id', 'nodeid', 'pubkey', 'publickey', 'key'],
  host: ['ip', 'host', 'address', 'ipaddress', 'hostname'],
  tcp: ['tcp', 'tcpport', 'port'],
  udp: ['udp', 'udpport', 'discport'],
} as const;

/**
 * The nodes of a CSV table (RFC 4180; commas, semicolons or tabs) whose first line names its columns: URLs or records, or
 * else IDs, addresses and ports, of which URLs are made. A row without either stays as it is. null if it is no such table.
 */
export function readTable(text: string): string[] | null {
  const [head = '', ...rows] = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const separator = separators.find((one) => head.includes(one)) ?? ',';
  const names = cellsOf(head, separator).map((name) => name.toLowerCase().replace(/[\s_-]/g, ''));
  const find = (known: readonly string[]): number[] =>
    known.flatMap((name) => names.indexOf(name)).filter((at) => at >= 0);
  const [urls, ids, hosts, tcps, udps] = [columns.url, columns.id, columns.host, columns.tcp, columns.udp].map(find);
  const [id, host, tcp, udp] = [ids?.[0], hosts?.[0], tcps?.[0], udps?.[0]];
  const isMade = id !== undefined && host !== undefined;
  if ((urls ?? []).length === 0 && !isMade) return null;
  return rows.map((row) => {
    const cells = cellsOf(row, separator);
    const cell = (at: number | undefined): string => (at === undefined ? '' : (cells[at] ?? ''));
    const url = (urls ?? []).map(cell).find((one) => one !== '');
    if (url !== undefined) return url;
    const key = cell(id)
      .replace(/^0x/i, '')
      .replace(/^04(?=[0-9a-f]{128}$)/i, '');
    if (key === '') return row;
    const ip = cell(host);
    const udpPort = cell(udp);
    // A UDP port alone says nothing of TCP.
    const port = cell(tcp) || (udpPort === '' ? '' : '0');
    const discport = udpPort !== '' && udpPort !== port ? `?discport=${udpPort}` : '';
    return `enode://${key}@${ip.includes(':') && !ip.startsWith('[') ? `[${ip}]` : ip}:${port}${discport}`;
  });
}

/** The cells of a row; quoted ones may hold separators and doubled quotes, but no line ends. */
function cellsOf(row: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < row.length; at++) {
    const char = row.charAt(at);
    if (char === '"' && quoted && row.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += char;
  }
  return [...cells, cell.trim()];
}
