import type { MessageSet } from './message.ts';

/** Header, controls, states: what surrounds every page. */
export const enShell = {
  'nav.label': 'Pages',
  'nav.skip': 'Skip to content',
  'nav.overview': 'Overview',
  'nav.forks': 'Forks',
  'nav.clients': 'Clients',
  'nav.nodes': 'Nodes',
  'nav.about': 'About',
  'theme.label': 'Colours: {now}. Change to: {next}',
  'theme.system': 'same as the system',
  'theme.light': 'light',
  'theme.dark': 'dark',
  'foot.api': 'API',
  'foot.utc': 'All times are UTC.',

  'control.label': 'What is counted',
  'control.network': 'Network',
  'control.allNetworks': 'All networks',
  'control.watched': 'Watched',
  'control.known': 'Known, not watched',
  'control.window': 'Window',
  'control.figure': 'Figure',
  'control.range': 'Time range',
  'window.now': 'Now',
  'window.day': '24 h',
  'window.now.title': 'Proven in the last 2 hours',
  'window.day.title': 'Proven in the last 24 hours',
  'window.now.long': 'last 2 h',
  'window.day.long': 'last 24 h',
  'window.both': 'Now and 24 h',
  'window.means':
    '24 h counts what was proven in the last 24 hours and is the usual figure. Now counts the last 2 hours, in which every node that answers is looked at: it reacts faster, and is lower by those that have left since.',
  'figure.ids': 'IDs',
  'figure.ips': 'IPs',
  'figure.ids.count': { by: 'n', one: '{n} ID', other: '{n} IDs' },
  'figure.ips.count': { by: 'n', one: '{n} IP', other: '{n} IPs' },
  'figure.ids.title': 'Unique node IDs (public keys)',
  'figure.ips.title': 'Unique IP addresses',
  'figure.ids.long': 'unique node IDs',
  'figure.ips.long': 'unique IPs',
  'figure.both': 'IDs and IPs',
  'figure.means':
    'A node ID is a public key. One machine can hold many, and some nodes make a new one at every start. An IP address can stand for several nodes. The true number lies between the two figures, so both are always given.',
  'range.day': '24 h',
  'range.week': '7 d',
  'range.month': '30 d',
  'range.year': '1 y',
  scope: '{population} · {window} · {figure}',

  'fresh.waiting': 'Asking for the latest census…',
  'fresh.none': 'No connection to the API',
  'fresh.nothingYet': 'Nothing measured yet',
  'fresh.asOf': 'As of',
  'fresh.stale': 'Old: as of',
  'fresh.lost': 'Connection lost. As of',
  'fresh.age': '{age} ago',
  'simulated.title': 'Simulated data.',
  'simulated.text': 'These nodes run only on this machine and are not part of any public network.',

  'state.loading': 'Loading…',
  'state.retry': 'Try again',
  'state.oldCensus': 'No new census for {age}. These are the last known numbers; the crawler may have stopped.',
  'state.oldConnection': 'Could not refresh. These numbers are {age} old; the page keeps trying.',
  'failure.title': 'This could not be loaded',
  'failure.offline': 'The API cannot be reached. Is `forkscope serve` running, and is this machine online?',
  'failure.timeout': 'The API took longer than 15 seconds. It may be busy; trying again often helps.',
  'failure.badAnswer': 'The answer did not come from the Forkscope API. A proxy in between may be misconfigured.',
  'failure.badRequest': 'The API does not accept this combination of filters. Clear them and try again.',
  'failure.unknownValue':
    'Nothing here has ever had that value: look at the spelling of the filter, or clear the filters.',
  'failure.notFound': 'The API does not know this network or node. It may have been removed.',
  'failure.tooManyRequests': 'Too many requests from this address. The page continues by itself in a minute.',
  'failure.notReady': 'The API is starting and is not ready yet.',
  'failure.unavailable':
    'The API cannot reach its database at the moment. What crawlers see meanwhile is kept and written when it is back.',
  'failure.internal': 'The API failed. Its log says why.',

  'advice.notWatched.title': 'No crawler looks for nodes of {network}',
  'advice.notWatched.text':
    'Forkscope knows this network, but no crawler watches it: what is counted here are nodes that turned up while others were looked for. To watch it, add it to `--networks`.',
  'advice.noCrawler.title': 'No crawler is running',
  'advice.noCrawler.try':
    'No crawler has reported to the database. Start one with `forkscope start` or `forkscope crawl`, with the same DATABASE_URL.',
  'advice.noBootnodeAnswered.title': 'No bootnode has answered',
  'advice.noBootnodeAnswered.try':
    'Check that your firewall lets UDP port 30303 out and back in, and that this machine has a network connection. For a private chain, give its bootnodes with `--network FILE`.',
  'advice.noBootnode.title': 'No bootnode can be used',
  'advice.noBootnode.try':
    'Without a bootnode no other node can be found. Give at least one as an enode:// URL or an enr: record: in `bootnodes` of the network file, or by `--bootnodes`.',
  'advice.bootnodesUnusable.title': 'Some bootnodes cannot be used',
  'advice.bootnodesUnusable.try': 'The reason stands with each; the others are used.',
  'advice.noBootnodeOverUdp.title': 'No bootnode answers over UDP',
  'advice.noBootnodeOverUdp.try':
    'They answer over TCP. A firewall keeps UDP away, or they run without discovery, which is usual for static nodes. As long as that is so, no other node can be found through them.',
  'advice.held.line': '{vantage}: {inMemory} in memory, {onDisk} on disk, since {at} ({age}).',
  'advice.visitsHeld.title': 'Visits wait for the database',
  'advice.visitsHeld.try':
    'The database has not yet taken all that the crawler saw. Nothing is lost; it is written as fast as the database takes it, and counts grow by it.',
  'advice.visitsAtStake.title': 'Visits are at stake: neither the database nor the disk takes them',
  'advice.visitsAtStake.try':
    'Those in memory are lost if the crawler ends before the database is back. Make room in the data directory, or mend the disk, and do not stop the crawler.',
  'advice.censusLate.title': 'The census is late',
  'advice.censusLate.try':
    'Nodes are being visited, but no new counts are written. Look for a database error in the log of the crawl process.',

  'bootnode.from': 'from the file of {network}',
  'bootnode.notNodeUrl': 'It is neither an enode:// URL nor an enr: record.',
  'bootnode.keyInvalid': 'Between enode:// and @ there must be 128 hex digits that are a public key of secp256k1.',
  'bootnode.recordInvalid': 'The record cannot be decoded, or its signature is wrong. Copy it once more, as a whole.',
  'bootnode.addressMissing': 'It names no address. Write it as enode://<key>@<address>:<port>.',
  'bootnode.addressUnspecified':
    '{about} stands for every address of the machine on which the node runs. Write the address at which the node can be reached from here.',
  'bootnode.addressRefused':
    '{about} may not be contacted: it is outside the addresses that may be, which are the public ones or, where allowedCidrs is given, those ranges alone. Add it, or its range, to allowedCidrs of the network file (or to --allowed-cidrs, which goes before it).',
  'bootnode.hostInvalid':
    'What stands after @ is neither an IP address nor a host name. IPv6 addresses stand in brackets: [2001:db8::1].',
  'bootnode.portMissing': 'It names no port. Write it as enode://<key>@<address>:<port>.',
  'bootnode.portInvalid': 'A port is a number from 1 to 65535; only discport, or the port before it, may be 0.',
  'bootnode.nameUnknown':
    'The name {about} has no address. Check the name, and the name server of this machine; it is looked up again and again.',
  'bootnode.nameUnanswered':
    'The name {about} could not be looked up: the name server did not answer. It is asked again and again.',
  'bootnode.ownNode': 'It is one of our own identities.',
  'bootnode.dnsList':
    'It is a DNS list of nodes (EIP-1459), which is read only when asked for: give it by --source, or have the lists of network files read by --network-lists.',
  'bootnode.listUnanswered':
    'No name server told anything of {about}. Check the name server of this machine; the list is asked for again and again, and what was known of it stays.',
  'bootnode.listMissing':
    'There is no list of nodes (EIP-1459) at {about}. Check the URL, and whether its owner still publishes it; what was known of it stays.',
  'bootnode.listForged':
    'What stands at {about} is not signed with the key of the URL, so none of it is used. Get the URL anew from the owner of the list; what was known of it stays.',
  'bootnode.listOlder':
    'What stands at {about} is older than what was read there before, so it is not used. If its owner began to count anew, delete its file in the folder lists of the data directory.',
  'bootnode.listBroken':
    'What stands at {about} is no list of nodes as EIP-1459 has it. Tell its owner; what was known of it stays.',

  'copy.copy': 'Copy {what}',
  'copy.done': 'Copied',
  'copy.failed': 'Could not copy',
  'notFound.title': 'No such page',
  'notFound.text': 'There is nothing at',
} as const satisfies MessageSet<'en'>;
