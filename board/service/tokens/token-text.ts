import { randomBytes } from 'node:crypto';

/** What a token's text consists of. */
export interface TokenParts {
  /** No secret: it names the token in lists and logs. */
  readonly token_id: string;
  /** 256 random bits. */
  readonly secret: string;
}

const ID_BYTES = 6;
const SECRET_BYTES = 32;

/** The last digit of 43 holds four bits that count and two that are zero: any other text would be a second spelling. */
const TOKEN = /^qdr_([0-9a-f]{12})_([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

/** A new token's parts, from the system's source of random bits. */
export function mintToken(): TokenParts {
  return {
    token_id: randomBytes(ID_BYTES).toString('hex'),
    secret: randomBytes(SECRET_BYTES).toString('base64url'),
  };
}

/** A token as it is shown once and sent ever after. The prefix is what scanners of leaked secrets look for. */
export function tokenText({ token_id, secret }: TokenParts): string {
  return `qdr_${token_id}_${secret}`;
}

/**
 * The parts of a text, or null where it is no token.
 *
 * @example parseToken('qdr_0123456789ab_…')?.token_id // '0123456789ab'
 */
export function parseToken(text: string): TokenParts | null {
  const [, token_id, secret] = TOKEN.exec(text) ?? [];
  return token_id === undefined || secret === undefined ? null : { token_id, secret };
}

const BEARER = /^Bearer +(\S+)$/i;

/** The parts of the token in an `Authorization` header, or null where it holds none. */
export function parseBearer(authorization: string | undefined): TokenParts | null {
  const [, text] = BEARER.exec(authorization ?? '') ?? [];
  return text === undefined ? null : parseToken(text);
}
