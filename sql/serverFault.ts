import { reasonOf } from '../lib/errors.ts';

/** Why a server does not let us in. `away`: it may by itself later. `wrong`: it never will, however often it is asked. */
export interface ServerFault {
  readonly at: 'away' | 'wrong';
  /** What is the matter, and what to do about it, as the end of a sentence about the server. */
  readonly text: string;
}

const wrong: Readonly<Record<string, string>> = {
  '28P01': 'refuses the password: correct the user or the password in DATABASE_URL',
  '28000': 'refuses this user: create the role, or allow it in pg_hba.conf, or correct the user in DATABASE_URL',
  '3D000': 'has no database of this name: create it (createdb NAME), or correct the name in DATABASE_URL',
  '42501':
    'does not give this user the privileges to make tables: make it the owner of the database, or run forkscope migrate as its owner',
  '3F000':
    'gives this user no schema to make tables in: grant create and usage on schema public to it, or run forkscope migrate as the owner of the database',
  '25006':
    'is a standby, which takes no writes: name its primary in DATABASE_URL, or all servers and target_session_attrs=primary',
  SASL_SIGNATURE_MISMATCH: 'does not prove that it knows the password: correct DATABASE_URL',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted('it signed its certificate itself'),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted('a self-signed certificate is in its chain'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted('who signed its certificate is not known here'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted('who signed its certificate is not known here'),
  CERT_HAS_EXPIRED: untrusted('its certificate has expired'),
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted('its certificate is for another host name'),
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS: turn it on there, or leave out sslmode in DATABASE_URL',
  EPROTO: 'does not speak TLS: turn it on there, or leave out sslmode in DATABASE_URL',
};

const away: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections: start it, or correct host and port in DATABASE_URL',
  ENOENT: 'has no socket there: start it, or correct DATABASE_URL',
  ENOTFOUND: 'has a host name that cannot be resolved: correct it in DATABASE_URL, or look at the name servers',
  EAI_AGAIN: 'has a host name that no name server resolves now: look at the network and its name servers',
  EHOSTUNREACH: 'cannot be reached: look at the network and its firewalls',
  ENETUNREACH: 'cannot be reached: look at the network and its firewalls',
  ETIMEDOUT: 'does not answer: look at the network and its firewalls',
  CONNECT_TIMEOUT: 'does not answer: look at the server, the network and its firewalls',
  ECONNRESET: 'cuts connections: look at its log',
  EPIPE: 'cuts connections: look at its log',
  CONNECTION_CLOSED: 'cuts connections: look at its log',
  CONNECTION_ENDED: 'cuts connections: look at its log',
  CONNECTION_DESTROYED: 'cuts connections: look at its log',
  noPrimary: 'has no primary among its servers now: promote a standby, or correct the hosts in DATABASE_URL',
  noStandby: 'has no standby among its servers now: start one, or correct target_session_attrs in DATABASE_URL',
  '57P01': 'is being shut down',
  '57P02': 'is recovering after a crash',
  '57P03': 'is starting up',
  '53300': 'has too many connections: close some, or raise max_connections',
};

/** null = the error is not about getting in. */
export function faultOf(error: unknown): ServerFault | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  const refused = wrong[error.code];
  if (refused !== undefined) return { at: 'wrong', text: `${refused} (${reasonOf(error)})` };
  const lost = away[error.code];
  return lost === undefined ? null : { at: 'away', text: `${lost} (${reasonOf(error)})` };
}

function untrusted(why: string): string {
  return `is not trusted, because ${why}: name the certificate of its authority in NODE_EXTRA_CA_CERTS, or encrypt without checking it with sslmode=require in DATABASE_URL`;
}
