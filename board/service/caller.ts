/** What a token may allow; none implies another, but `admin` all. */
export const PERMISSIONS = ['read', 'post', 'work', 'admin'] as const;

/**
 * What a caller of the service may do: `read` everything there is to read; `post` tasks and archive them; `work` on them, as
 * agents and Chiefs do; `admin` all of it.
 */
export type Permission = (typeof PERMISSIONS)[number];

/** Who makes a request. */
export interface Caller {
  /** The token's name, `anonymous` where the service asks for none. */
  readonly name: string;
  /** Null where the service asks for no token. */
  readonly token_id: string | null;
  readonly permissions: ReadonlySet<Permission>;
}

/** Tells whose request it is. */
export interface Authorizer {
  /**
   * @param authorization The header of that name, as it came.
   * @throws QuadroError (`unauthorized`) for one that is missing, malformed, unknown, expired or revoked; never tells which.
   */
  callerOf(authorization: string | undefined): Promise<Caller>;
}

/** Whether a caller may do what needs a permission. */
export function allows({ permissions }: Caller, needed: Permission): boolean {
  return permissions.has(needed) || permissions.has('admin');
}
