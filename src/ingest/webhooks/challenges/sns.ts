import { stringAt } from '../pointer.ts';
import { type ChallengeResponder, EMPTY_REPLY } from './challenge.ts';

/**
 * SNS sends a message with a URL that confirms the subscription. It is called once the message is verified. A message
 * that a subscription has ended is no event, either.
 */
export const snsConfirmation: ChallengeResponder = ({ document }) => {
  switch (stringAt('/Type', document)) {
    case 'SubscriptionConfirmation':
      return { ...EMPTY_REPLY, visit: stringAt('/SubscribeURL', document) ?? '' };
    case 'UnsubscribeConfirmation':
      return EMPTY_REPLY;
    default:
      return undefined;
  }
};
