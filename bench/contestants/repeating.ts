/**
 * The Worker's part of a publish: Carillon with a hub that answers at once, and a request that is repeated inside of the
 * Worker. So its CPU is that of our code, without sockets, RPC and storage.
 */
import type { PublishReceipt, PublishRequest } from '../../src/objects/hub-contract.ts';
import worker from '../../src/worker.ts';

export {
  Authority,
  Hub,
  Metrics,
  RegionHead,
  Restoration,
  Shard,
  WildcardHub,
} from '../../src/worker.ts';

const hub = {
  publishAll: async (requests: readonly PublishRequest[]): Promise<PublishReceipt[]> =>
    requests.map(() => ({ duplicates: [] })),
};

const withoutHub = new WeakMap<Env, Env>();

export default {
  async fetch(request, env, ctx) {
    const repetitions = Number(request.headers.get('x-repeat') ?? 0);
    if (repetitions === 0) return worker.fetch(request, env, ctx);
    let own = withoutHub.get(env);
    if (own === undefined) {
      own = { ...env, HUB: { getByName: () => hub } as unknown as Env['HUB'] };
      withoutHub.set(env, own);
    }
    const { url, method } = request;
    const headers = new Headers(request.headers);
    headers.delete('x-repeat');
    const body = await request.arrayBuffer();
    const isBare = new URL(url).pathname === '/bare';
    for (let i = 0; i < repetitions; i++) {
      const each = new Request(url, { method, headers, body });
      const response = isBare ? await bare(each) : await worker.fetch(each, own, ctx);
      if (response.status !== 200) return response;
    }
    return Response.json({});
  },
} satisfies ExportedHandler<Env>;

/** The least that a Worker does which reads a body and answers. */
async function bare(request: Request): Promise<Response> {
  await request.arrayBuffer();
  return new Response('{}\n', {
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  });
}
