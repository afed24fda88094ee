import { describeBreak } from './support/breaks.ts';

describeBreak('when the server is ended and restarted', {
  strike: async (site) => {
    await site.end('SIGTERM');
    await site.start();
  },
});
