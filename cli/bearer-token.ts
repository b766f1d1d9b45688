import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '../board/core/errors.ts';

/** How a token is given, for help texts. */
export const TOKEN_FILE_HELP = "a file with the service's token; default: the variable QUADRO_TOKEN";

/**
 * The token to show a service: the content of a file, else the variable `QUADRO_TOKEN`; null where neither is there. There is no
 * option for its text, since other users of a machine see command lines.
 *
 * @throws ConfigurationError (`invalid_configuration`) for a file that cannot be read or is empty; no message holds the token.
 */
export async function bearerToken(file: string | undefined): Promise<string | null> {
  if (file === undefined) return process.env.QUADRO_TOKEN?.trim() || null;
  const text = await readFile(file, 'utf8').catch(cause => {
    throw new ConfigurationError('invalid_configuration', `Cannot read the token file ${file}: is it there?`, {
      cause,
    });
  });
  const token = text.trim();
  if (token !== '') return token;
  throw new ConfigurationError('invalid_configuration', `The token file ${file} is empty: write the token into it`);
}
