/**
 * The Worker, with ways to make its objects fail. Only `npm run test:faults` builds it; what is deployed
 * has nothing of it.
 *
 * * `POST /faults/abort?name=`: ends the hubs of this name as a deploy does: memory is lost, sockets break.
 * * `POST /faults/lose?name=&answers=`: the next so many calls to it do their work, and fail then.
 * * `GET /faults/made`: how often a hub of each name was made.
 */
import worker, { Hub as RealHub, WildcardHub as RealWildcardHub } from '../../src/worker.ts';

export { Authority, Metrics, Restoration } from '../../src/worker.ts';

/** Shared by the Worker and its objects: workerd runs them in one isolate. */
const made = new Map<string, number>();
const answersToLose = new Map<string, number>();

export class Hub extends RealHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    noteMade(ctx);
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }

  override async publish(...given: Parameters<RealHub['publish']>) {
    return unlessLost(this.ctx, await super.publish(...given));
  }

  override async publishAll(...given: Parameters<RealHub['publishAll']>) {
    return unlessLost(this.ctx, await super.publishAll(...given));
  }

  override requestFeed(...given: Parameters<RealHub['requestFeed']>) {
    return unlessLost(this.ctx, super.requestFeed(...given));
  }
}

export class WildcardHub extends RealWildcardHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    noteMade(ctx);
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }

  override async receive(...given: Parameters<RealWildcardHub['receive']>) {
    return unlessLost(this.ctx, await super.receive(...given));
  }

  override async register(...given: Parameters<RealWildcardHub['register']>) {
    return unlessLost(this.ctx, await super.register(...given));
  }
}

function noteMade({ id }: DurableObjectState): void {
  made.set(id.name ?? '', (made.get(id.name ?? '') ?? 0) + 1);
}

function unlessLost<T>({ id }: DurableObjectState, answer: T): T {
  const left = answersToLose.get(id.name ?? '') ?? 0;
  if (left === 0) return answer;
  answersToLose.set(id.name ?? '', left - 1);
  throw new Error('the answer was lost by a test');
}

async function abort(name: string, env: Env): Promise<void> {
  const namespace = name.endsWith('/') ? env.WILDCARD_HUB : env.HUB;
  const hub = namespace.getByName(name) as unknown as { abort(): Promise<void> };
  // The call dies with the object.
  await hub.abort().catch(() => undefined);
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get('name') ?? '';
    switch (pathname) {
      case '/faults/abort':
        await abort(name, env);
        return new Response(null, { status: 204 });
      case '/faults/lose':
        answersToLose.set(name, Number(searchParams.get('answers')));
        return new Response(null, { status: 204 });
      case '/faults/made':
        return Response.json(Object.fromEntries(made));
      default:
        return worker.fetch(request, env, ctx);
    }
  },
} satisfies ExportedHandler<Env>;
