/** Takes the events of a subscription one by one, and has each sent before it takes the next. */
import { CarillonError, type Subscription } from '../../client/index.ts';
import { type ExitCode, fail, status } from '../command/command.ts';
import { endsRight } from '../events/lost-right.ts';
import { orMissingNamespace } from '../server/missing-namespace.ts';
import type { PositionFile } from '../server/position-file.ts';
import { Progress } from './progress.ts';
import type { Report } from './report.ts';
import type { Sender } from './sender.ts';
import { webhookOf } from './webhook.ts';

interface Listening {
  readonly subscription: Subscription;
  /** The Vault namespace of the subscription. */
  readonly namespace: string;
  readonly sender: Sender;
  readonly report: Report;
  /** Undefined if the position is not kept. */
  readonly state: PositionFile | undefined;
  readonly stop: AbortSignal;
}

/** Listens until the command is to stop, a webhook is given up, or the server ends the subscription. */
export async function listen(listening: Listening): Promise<ExitCode> {
  const { subscription, namespace, report, state, stop } = listening;
  const progress = new Progress(state);
  let wasConnected = false;
  let problem: string | undefined;
  let isRightLost = false;
  try {
    await subscription.opened();
    wasConnected = true;
    // A command that is killed before the first event resumes here.
    progress.reached(subscription.cursor);
    problem = await sendAll(listening, progress);
  } catch (error) {
    if (!stop.aborted) {
      if (!(error instanceof CarillonError)) throw error;
      problem = orMissingNamespace(namespace, error.message);
      isRightLost = endsRight(error, wasConnected);
    }
  }
  if (wasConnected) report.summarise();
  const resumption = progress.resumption();
  if (problem === undefined) {
    if (resumption !== undefined) status(resumption);
    return 0;
  }
  fail(resumption === undefined ? problem : `${problem}; ${resumption}`);
  return isRightLost ? 4 : 1;
}

/** @returns the problem that ends the command, if one does */
async function sendAll(
  { subscription, sender, report, stop }: Listening,
  progress: Progress,
): Promise<string | undefined> {
  for await (const item of subscription) {
    if (item.type === 'gap') {
      progress.reached(item.cursor);
      report.gap(item.reason);
    } else {
      const outcome = await sender.deliver(await webhookOf(item));
      if (outcome.kind === 'stopped') return undefined;
      if (outcome.kind === 'gave_up') {
        return `${item.id} (${item.eventType}) is not delivered: ${outcome.reason}`;
      }
      // What the command has said is not sent again, even if it is killed at once.
      progress.reached(item.cursor);
      report.sent(item, outcome);
    }
    if (stop.aborted) return undefined;
  }
  return undefined;
}
