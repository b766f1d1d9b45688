/**
 * Makes tokens, all at once, or revokes one.
 *
 *     node token-maker.ts URL NAME… | URL --revoke TOKEN_ID
 */
import { createToken, revokeToken } from '../../../board/service/tokens/tokens.ts';
import { backendOfUrl } from '../../support/backend-of-url.ts';

const [, , url = '', ...names] = process.argv;
const backend = backendOfUrl(url);
await backend.open();
const board = { boardId: 'default', backend };
if (names[0] === '--revoke') await revokeToken(board, names[1] ?? '');
else await Promise.all(names.map(name => createToken(board, { name, permissions: ['read'] })));
await backend.close();
process.disconnect?.();
