import { post } from '../support/post.ts';
import { describeBreak, POPULATION } from './support/breaks.ts';

describeBreak('when its token is revoked and it logs in again', {
  // Pods with one token have a new one from outside.
  members: POPULATION.filter(({ pod }) => pod === undefined),
  strike: async (site, connected) => {
    for (const { client } of connected)
      await post(site, 'auth/token/revoke', { token: client.token });
  },
});
