import { QuadroError } from '../../board/core/errors.ts';
import type { Event } from '../../board/core/records.ts';
import { WORKING_KINDS } from '../../board/core/statuses.ts';
import { GEN_AI, GEN_AI_OPERATION } from './names.ts';

/** What agents' stages say of themselves in OpenTelemetry's words for generative AI. */
export interface GenAiOptions {
  /** Who runs the models, `openai` or `anthropic` for example. The convention requires it, and no log can know it. */
  readonly providerName: string;
}

const MAX_PROVIDER_LENGTH = 256;

/**
 * The options, if they can be used; call it once, before the first span.
 *
 * @throws QuadroError `invalid_configuration` for a provider that is no name.
 */
export function checkedGenAi(options: GenAiOptions | undefined): GenAiOptions | undefined {
  if (options === undefined) return undefined;
  const { providerName } = options;
  if (typeof providerName === 'string' && isName(providerName)) return options;
  throw new QuadroError(
    'invalid_configuration',
    `genAi.providerName must name who runs the models, such as openai: printable, without spaces around it, at most ${MAX_PROVIDER_LENGTH} characters`,
  );
}

function isName(text: string): boolean {
  return text.length <= MAX_PROVIDER_LENGTH && /^[^\p{C}\p{Z}](?:[^\p{C}]*[^\p{C}\p{Z}])?$/u.test(text);
}

/**
 * The attributes of the stage that an event closed: those of an `invoke_agent` span where an agent worked in it, none where
 * the task waited, was blocked, had finished, or nobody held it.
 *
 * @example genAiAttributes(event, { providerName: 'openai' })
 * // { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai',
 * //   'gen_ai.agent.id': 'writer_worker_1', 'gen_ai.agent.name': 'writer_worker_1' }
 */
export function genAiAttributes(
  event: Pick<Event, 'from_stage_kind' | 'from_agent_id'>,
  options: GenAiOptions | undefined,
): Readonly<Record<string, string>> {
  const { from_stage_kind, from_agent_id } = event;
  if (options === undefined || from_agent_id === null || from_stage_kind === null) return NONE;
  if (!WORKING_KINDS.has(from_stage_kind)) return NONE;
  return {
    [GEN_AI.operation_name]: GEN_AI_OPERATION,
    [GEN_AI.provider_name]: options.providerName,
    [GEN_AI.agent_id]: from_agent_id,
    // A card's name can be changed at any time, which would give a replay other bytes; the id is what the log has.
    [GEN_AI.agent_name]: from_agent_id,
  };
}

const NONE: Readonly<Record<string, string>> = {};
