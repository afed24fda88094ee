/**
 * The Worker of Carillon, and the classes of its Durable Objects. A Worker of your own exports them again:
 *
 *     export {
 *       Authority, default, Destination, Dispatcher, Hub, Metrics, RegionHead, Restoration, Shard,
 *       WildcardHub,
 *     } from 'carillon/worker';
 */
declare const worker: {
  fetch(request: Request, env: unknown, context: unknown): Response | Promise<Response>;
};
export default worker;

export declare class Authority {
  constructor(state: unknown, env: unknown);
}

export declare class Destination {
  constructor(state: unknown, env: unknown);
}

export declare class Dispatcher {
  constructor(state: unknown, env: unknown);
}

export declare class Hub {
  constructor(state: unknown, env: unknown);
}

export declare class Metrics {
  constructor(state: unknown, env: unknown);
}

export declare class RegionHead {
  constructor(state: unknown, env: unknown);
}

export declare class Restoration {
  constructor(state: unknown, env: unknown);
}

export declare class Shard {
  constructor(state: unknown, env: unknown);
}

export declare class WildcardHub {
  constructor(state: unknown, env: unknown);
}
