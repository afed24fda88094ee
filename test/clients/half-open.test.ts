import { describeBreak } from './support/breaks.ts';

/** The index of one of the two pods. */
const SPARED = 6;

describeBreak('when the connection is reset for the client, and stays open for the server', {
  spared: [SPARED],
  strike: (_site, connected) => {
    for (const { network } of connected.toSpliced(SPARED, 1)) {
      for (const link of network.links) link.cutClient();
    }
  },
});
