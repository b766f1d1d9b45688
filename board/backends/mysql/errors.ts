import { type ErrorCode, QuadroError, StorageError } from '../../core/errors.ts';
import { SERVER_UNREACHABLE } from '../kysely/dialect-traits.ts';
import { LOST_SOCKET_CODES, messageOf, NETWORK_MEANINGS } from '../network-errors.ts';
import { NO_TLS_ADVICE, tlsAdviceOf } from '../tls-advice.ts';

/** A user that requires TLS is refused in the same way. */
const WHO_ADVICE = 'the server refused the user or the password; check both, and tls where the user requires it';

/** The driver's or the server's code → our code, and what to do about it. */
const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ER_ACCESS_DENIED_ERROR: ['storage_access_denied', WHO_ADVICE],
  // What MariaDB says of a user that it does not know, with a password or without.
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: ['storage_access_denied', WHO_ADVICE],
  ER_SECURE_TRANSPORT_REQUIRED: ['storage_access_denied', 'the server takes only TLS connections; give tls'],
  ER_DBACCESS_DENIED_ERROR: ['storage_access_denied', 'the user has no rights on this database; grant them'],
  ER_TABLEACCESS_DENIED_ERROR: ['storage_access_denied', 'the user lacks a right on a table; grant it'],
  ER_SPECIFIC_ACCESS_DENIED_ERROR: ['storage_access_denied', 'the user lacks a right; grant it'],
  ER_HOST_NOT_PRIVILEGED: ['storage_access_denied', 'the server lets nobody in from this host'],
  ER_BAD_DB_ERROR: ['storage_unavailable', 'there is no such database; create it first: CREATE DATABASE name'],
  ER_NO_SUCH_TABLE: ['storage_failed', 'a table of the board is missing; open the board once for writing'],
  ER_CON_COUNT_ERROR: [
    'storage_unavailable',
    'the server takes no more connections; raise max_connections or lower poolSize',
  ],
  ER_TOO_MANY_USER_CONNECTIONS: ['storage_unavailable', 'this user has too many connections; lower poolSize'],
  ER_USER_LIMIT_REACHED: [
    'storage_unavailable',
    'this user has reached a limit of its own; raise it or lower poolSize',
  ],
  ER_DISK_FULL: ['storage_full', "the server's disk is full; free space and try again"],
  ER_RECORD_FILE_FULL: ['storage_full', "the server's disk is full; free space and try again"],
  ER_OPTION_PREVENTS_STATEMENT: ['storage_read_only', 'the server only reads (a replica?); connect to the primary'],
  ER_READ_ONLY_MODE: ['storage_read_only', 'the server only reads (a replica?); connect to the primary'],
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: ['storage_read_only', 'the server only reads; connect to the primary'],
  ER_LOCK_DEADLOCK: ['storage_busy', 'transactions of several processes locked each other out; try again'],
  ER_CHECKREAD: ['storage_busy', 'transactions of several processes were in each other’s way; try again'],
  ER_LOCK_WAIT_TIMEOUT: ['storage_busy', 'another transaction holds a lock for longer than statementTimeoutMs'],
  ER_QUERY_TIMEOUT: ['storage_busy', 'the statement took longer than statementTimeoutMs'],
  ER_STATEMENT_TIMEOUT: [
    'storage_busy',
    'the statement took longer than statementTimeoutMs; another transaction may hold the board',
  ],
  ER_QUERY_INTERRUPTED: ['storage_busy', 'somebody interrupted the statement; try again'],
  ER_NET_PACKET_TOO_LARGE: ['storage_failed', 'a row is larger than the server takes; raise max_allowed_packet'],
  HANDSHAKE_NO_SSL_SUPPORT: ['storage_unavailable', NO_TLS_ADVICE],
  ...NETWORK_MEANINGS,
};

/** What sockets, the driver and a server that goes away say of a connection that is gone. */
const LOST: ReadonlySet<string> = new Set([
  ...LOST_SOCKET_CODES,
  'PROTOCOL_CONNECTION_LOST',
  'ER_CONNECTION_KILLED',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_ABORTING_CONNECTION',
  'ER_CLIENT_INTERACTION_TIMEOUT',
]);

/** What the driver says, without a code of its own, of a connection that is gone; the last ones while TLS is agreed on. */
const LOST_MESSAGES =
  /closed state|Connection lost|This socket has been ended|Server shutdown in progress|disconnected before secure TLS|^(read|write) E[A-Z]+$/;

/** A TLS connection that could not be made; the second where the server refuses the client's certificate. */
const TLS_CODES = /^(HANDSHAKE_SSL_ERROR$|ERR_SSL_)/;

/** Error numbers that MariaDB and MySQL 8 name differently, or the driver does not name. */
const NUMBERS: Readonly<Record<number, string>> = {
  1020: 'ER_CHECKREAD',
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
  3024: 'ER_QUERY_TIMEOUT',
  4031: 'ER_CLIENT_INTERACTION_TIMEOUT',
};

/** The code of an error; the first cause's where several addresses of a host were tried. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return '';
  const named = 'errno' in error && typeof error.errno === 'number' ? NUMBERS[error.errno] : undefined;
  if (named !== undefined) return named;
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the connection is gone, so that nobody was told how the statement ended. */
export function isConnectionLost(error: unknown): boolean {
  return LOST.has(codeOf(error)) || LOST_MESSAGES.test(messageOf(error));
}

/** Whether no connection could be made: nobody answers there, or not in time. */
function isUnreachable(error: unknown): boolean {
  const code = codeOf(error);
  const isConnecting = error instanceof Error && 'syscall' in error && error.syscall === 'connect';
  return code === 'ECONNREFUSED' || (code === 'ETIMEDOUT' && isConnecting);
}

/** Whether the server, or this user, has as many connections as there may be; other limits of a user are by the hour. */
function isTooManyConnections(error: unknown): boolean {
  const code = codeOf(error);
  if (code === 'ER_USER_LIMIT_REACHED') return messageOf(error).includes('max_user_connections');
  return code === 'ER_CON_COUNT_ERROR' || code === 'ER_TOO_MANY_USER_CONNECTIONS';
}

/** Why a transaction can be tried again, or null where it cannot. */
export function retryReasonOf(error: unknown): string | null {
  const code = codeOf(error);
  if (code === 'ER_LOCK_DEADLOCK') return 'deadlock';
  if (code === 'ER_CHECKREAD') return 'serialization_failure';
  if (isTooManyConnections(error)) return 'too_many_connections';
  if (isUnreachable(error)) return SERVER_UNREACHABLE;
  return isConnectionLost(error) ? 'connection_lost' : null;
}

/** Whether a row of that key was there already. */
export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === 'ER_DUP_ENTRY';
}

/** Whether a statement named a table that is not there. */
export function isMissingTable(error: unknown): boolean {
  return codeOf(error) === 'ER_NO_SUCH_TABLE';
}

/** Our error for the driver's or the server's, with its code and a sentence that says what to do. */
export function mysqlErrorOf(error: unknown, doing: string): QuadroError {
  if (error instanceof QuadroError) return error;
  const [code, advice] = MEANINGS[codeOf(error)] ?? fallbackOf(error);
  return new StorageError(code, `Cannot ${doing}: ${advice} (${messageOf(error)})`, { cause: error });
}

function fallbackOf(error: unknown): readonly [ErrorCode, string] {
  if (isUnreachable(error)) {
    return [
      'storage_unavailable',
      'nobody answered within connectTimeoutMs, or what is there is no MySQL or MariaDB server; check the address',
    ];
  }
  if (isConnectionLost(error)) return ['storage_unavailable', 'the connection was lost; try again'];
  if (TLS_CODES.test(codeOf(error))) return ['storage_unavailable', tlsAdviceOf(messageOf(error))];
  return ['storage_failed', 'the server refused'];
}
