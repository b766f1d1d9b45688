import { type ErrorCode, QuadroError, StorageError } from '../../core/errors.ts';
import { SERVER_UNREACHABLE } from '../kysely/dialect-traits.ts';
import { LOST_SOCKET_CODES, messageOf, NETWORK_MEANINGS } from '../network-errors.ts';
import { NO_TLS_ADVICE, tlsAdviceOf } from '../tls-advice.ts';

/** SQLSTATE → our code, and what to do about it. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  '28P01': ['storage_access_denied', 'the server refused the user or the password; check both'],
  '28000': ['storage_access_denied', 'the server does not let this user in from here; check pg_hba.conf'],
  '42501': ['storage_access_denied', 'the user lacks a right; grant it the schema and its tables'],
  '3D000': ['storage_unavailable', 'there is no such database; create it first: createdb NAME'],
  '3F000': ['storage_failed', 'there is no such schema; create it, or open the board once for writing'],
  '42P01': ['storage_failed', 'a table of the board is missing; open the board once for writing'],
  '53300': ['storage_unavailable', 'the server takes no more connections; raise max_connections or lower poolSize'],
  '53100': ['storage_full', "the server's disk is full; free space and try again"],
  '53200': ['storage_failed', 'the server is out of memory'],
  '25006': ['storage_read_only', 'the server only reads (a standby?); connect to the primary'],
  '40P01': ['storage_busy', 'transactions of several processes locked each other out; try again'],
  '40001': ['storage_busy', 'transactions of several processes were in each other’s way; try again'],
  '55P03': ['storage_busy', 'another transaction holds a lock; try again'],
  '57014': [
    'storage_busy',
    'the statement took longer than statementTimeoutMs; another transaction may hold the board',
  ],
  '57P01': ['storage_unavailable', 'the server ended the connection; try again'],
  '57P02': ['storage_unavailable', 'the server has crashed and is restarting; try again'],
  '57P03': ['storage_unavailable', 'the server is starting up; try again'],
  '57P05': ['storage_unavailable', 'the server ended a session that was idle; try again'],
  '25P03': ['storage_unavailable', 'the server ended a transaction that was idle for too long; try again'],
  ...NETWORK_MEANINGS,
};

/** What sockets say of a connection that is gone, and the SQLSTATEs with which the server ends it or puts it off. */
const LOST: ReadonlySet<string> = new Set([...LOST_SOCKET_CODES, '57P01', '57P02', '57P03', '57P05', '25P03']);

/** What the driver says, without a code, of a connection that is gone. */
const LOST_MESSAGES = /^(Connection terminated|Client has encountered a connection error|Client was closed)/;

/** What the driver says, without a code, of a server that has no TLS. */
const NO_TLS_MESSAGE = 'The server does not support SSL connections';

/** Codes and messages of a TLS connection that could not be made. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS_CODES = /^(ERR_SSL_|ERR_TLS_|EPROTO$|INVALID_CA$|INVALID_PURPOSE$)|CERT|_SIGNATURE$/;
const TLS_MESSAGE = 'There was an error establishing an SSL connection';

/** What the driver says, without a code, of a server that speaks something else: a greeting that is none. */
const OTHER_SERVER = /^Received unexpected \w+ message from backend/;

const POOL_EXHAUSTED = 'timeout exceeded when trying to connect';

/** The driver's or server's code of an error; the first cause's where several addresses of a host were tried. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the connection is gone, so that nobody was told how the statement ended. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (LOST.has(code) || code.startsWith('08')) return true;
  return LOST_MESSAGES.test(messageOf(error));
}

/** What the driver and its pool say, without a code, where a connection took longer than `connectTimeoutMs`. */
const NO_ANSWER = /^timeout expired$|due to connection timeout$/;

/** Whether no connection could be made: nobody answers there, or not in time. */
function isUnreachable(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED' || NO_ANSWER.test(messageOf(error));
}

/** Why a transaction can be tried again, or null where it cannot. */
export function retryReasonOf(error: unknown): string | null {
  const code = codeOf(error);
  if (code === '40P01') return 'deadlock';
  if (code === '40001') return 'serialization_failure';
  if (code === '53300') return 'too_many_connections';
  // A schema or a table that two processes make at the same time.
  if (code === '42P06' || code === '42P07') return 'made_meanwhile';
  if (isUnreachable(error)) return SERVER_UNREACHABLE;
  return isConnectionLost(error) ? 'connection_lost' : null;
}

/** Whether a row of that key was there already. */
export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === '23505';
}

/** Whether a statement named a table that is not there, or a schema. */
export function isMissingTable(error: unknown): boolean {
  return codeOf(error) === '42P01' || codeOf(error) === '3F000';
}

/** Our error for the driver's or the server's, with its code and a sentence that says what to do. */
export function postgresErrorOf(error: unknown, doing: string): QuadroError {
  if (error instanceof QuadroError) return error;
  const [code, advice] = meaningOf(error);
  return new StorageError(code, `Cannot ${doing}: ${advice} (${messageOf(error)})`, { cause: error });
}

function meaningOf(error: unknown): readonly [ErrorCode, string] {
  const known = MEANINGS[codeOf(error)];
  if (known !== undefined) return known;
  const message = messageOf(error);
  if (message === POOL_EXHAUSTED) {
    return ['storage_unavailable', 'every connection of the pool was in use; raise poolSize or acquireTimeoutMs'];
  }
  if (OTHER_SERVER.test(message)) {
    return ['storage_unavailable', 'what answers there is no PostgreSQL server; check the port'];
  }
  if (message === NO_TLS_MESSAGE) return ['storage_unavailable', NO_TLS_ADVICE];
  if (message === TLS_MESSAGE || TLS_CODES.test(codeOf(error))) return ['storage_unavailable', tlsAdviceOf(message)];
  if (NO_ANSWER.test(message)) {
    return [
      'storage_unavailable',
      'nobody answered within connectTimeoutMs; check the server, the address and the network',
    ];
  }
  if (isConnectionLost(error)) return ['storage_unavailable', 'the connection was lost; try again'];
  if (/password|SCRAM/.test(message)) {
    return ['storage_access_denied', 'the server wants a password; give one in the URL or as password'];
  }
  return ['storage_failed', 'PostgreSQL refused'];
}
