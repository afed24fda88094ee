import { describeBreak } from './support/breaks.ts';

describeBreak('when the connection is reset', {
  strike: (_site, connected) => {
    for (const { network } of connected) network.cutAll();
  },
});
