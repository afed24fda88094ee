/** A subscription on a fake platform. */
import type { Item } from '../../../../src/client/event.ts';
import type {
  SubscribeOptions,
  SubscriptionOptions,
  TicketCredential,
  TokenCredential,
} from '../../../../src/client/options.ts';
import { ResumingSubscription } from '../../../../src/client/subscription.ts';
import { FakePlatform } from './platform.ts';
import type { FakeSocket } from './socket.ts';

export const SERVER = { url: 'https://carillon.test', token: 'root' };

export function subscribed(
  options: Partial<SubscriptionOptions> & Partial<TokenCredential | TicketCredential> = {},
  platform = new FakePlatform(),
): { readonly platform: FakePlatform; readonly subscription: ResumingSubscription } {
  const own = options.ticket === undefined ? {} : { token: undefined };
  const all = { ...SERVER, ...own, ...options } as SubscribeOptions;
  const subscription = new ResumingSubscription(platform, 'kv*', all);
  return { platform, subscription };
}

/** The server accepts a connection. @param number of the connection, from 1 */
export async function accepted(platform: FakePlatform, number: number): Promise<FakeSocket> {
  const socket = await platform.socket(number);
  socket.greet();
  return socket;
}

/** The server accepts a connection, which then breaks; the client has waited before it reconnects. */
export async function brokenOff(platform: FakePlatform, number: number): Promise<void> {
  (await accepted(platform, number)).end(1006);
  await platform.elapse(250);
}

/** The server accepts a connection, and ends it because the token is revoked. */
export async function revoked(platform: FakePlatform, number: number): Promise<void> {
  (await accepted(platform, number)).goodbye('revoked', false);
}

/** The ids of the next items, in order; gaps by their reason. */
export async function take(subscription: ResumingSubscription, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await subscription.next();
    taken.push(nameOf(value));
  }
  return taken;
}

function nameOf(item: Item | undefined): string {
  if (item === undefined) return 'end';
  return item.type === 'gap' ? `gap: ${item.reason}` : item.id;
}
