import { Command } from 'commander';
import { resultToWire } from '../../board/transport/wire.ts';
import { print, printJson } from '../output.ts';
import { oneMore } from '../span-options.ts';
import { withTarget } from '../task/open-target.ts';
import type { TargetOptions } from '../task/target.ts';
import { rowCount, withTargetArgument, withTargetOptions } from '../task/target-options.ts';
import { taskTable } from '../task/task-text.ts';

interface ListOptions extends TargetOptions {
  readonly status?: readonly string[];
  readonly type?: readonly string[];
  readonly limit: number;
  readonly json?: boolean;
}

async function run(text: string, options: ListOptions): Promise<void> {
  const { status, type, limit, json } = options;
  const filter = { ...(status && { statuses: status }), ...(type && { taskTypes: type }), limit };
  await withTarget(text, 'read', options, async target => {
    const { tasks, hasMore } = await target.listTasks(filter);
    if (json) await printJson(resultToWire({ tasks }).tasks);
    else await print(taskTable(tasks));
    if (hasMore) process.stderr.write(`there are more than ${limit}: see --limit, --status and --type\n`);
  });
}

/** `quadro list SOURCE` */
export function listCommand(): Command {
  const command = withTargetArgument(
    new Command('list').description('List tasks by priority, then by age; archived ones are left out'),
  )
    .option('--status <status>', 'only those in this status; may be repeated', oneMore)
    .option('--type <task_type>', 'only those of this type; may be repeated', oneMore)
    .option('--limit <n>', 'most that are listed', rowCount, 100);
  return withTargetOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  quadro list newsroom.db --status HUMAN_REVIEW\n  quadro list http://127.0.0.1:7337 --type article --json',
    )
    .action(run);
}
