import { describeBreak } from './support/breaks.ts';

describeBreak('when the server is killed and restarted', {
  strike: async (site) => {
    await site.end('SIGKILL');
    await site.start();
  },
});
