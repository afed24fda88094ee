/**
 * The Worker, with ways to make its objects fail. Only `npm run test:faults` builds it; what is deployed
 * has nothing of it.
 *
 * * `POST /faults/abort?name=`: ends the object of this name as a deploy does: memory is lost, sockets break.
 * * `POST /faults/disturb?name=&how=&calls=`: what happens to the next so many calls to it, as `disturbances.ts` says.
 * * `GET /faults/made`: when the objects of each name were made.
 *
 * The 101 of a subscriber says which object accepted it, in the header with the warnings: streams have it, too.
 */
import { isWildcardHub } from '../../src/objects/names.ts';
import worker, {
  Authority as RealAuthority,
  Destination as RealDestination,
  Dispatcher as RealDispatcher,
  Hub as RealHub,
  RegionHead as RealRegionHead,
  Shard as RealShard,
  WildcardHub as RealWildcardHub,
} from '../../src/worker.ts';
import { ANSWER_TIMEOUT_MS, RETRY_DELAYS_MS } from './destinations/times.ts';
import { disturbCalls, disturbNext, isDisturbance, NATURAL } from './disturbances.ts';
import { kindOf, nameOfOther, type OtherKind, parseOther } from './object-kind.ts';
import { servedBy } from './served-by.ts';

export { Metrics, Restoration } from '../../src/worker.ts';

/** Unix milliseconds. Shared by the Worker and its objects: workerd runs them in one isolate. */
const made = new Map<string, number[]>();

export class Hub extends RealHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    noteMade(ctx);
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }

  override async fetch(request: Request): Promise<Response> {
    return servedBy(this.ctx, await super.fetch(request));
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

  override async fetch(request: Request): Promise<Response> {
    return servedBy(this.ctx, await super.fetch(request));
  }
}

export class RegionHead extends RealRegionHead {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    noteMade(ctx);
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }

  override async fetch(request: Request): Promise<Response> {
    return servedBy(this.ctx, await super.fetch(request));
  }
}

export class Shard extends RealShard {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    noteMade(ctx);
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }

  override async fetch(request: Request): Promise<Response> {
    return servedBy(this.ctx, await super.fetch(request));
  }
}

export class Authority extends RealAuthority {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    noteMade(ctx, 'authority');
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }
}

export class Dispatcher extends RealDispatcher {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    noteMade(ctx, 'dispatcher');
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }
}

export class Destination extends RealDestination {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, { retryDelaysMs: RETRY_DELAYS_MS, answerTimeoutMs: ANSWER_TIMEOUT_MS });
    noteMade(ctx, 'destination');
  }

  abort(): void {
    this.ctx.abort('aborted by a test');
  }
}

const OF_A_PARENT = ['attach', 'history', 'locate'];
const OF_A_HUB_WITH_REGIONS = [...OF_A_PARENT, 'setShards', 'returnsOf'];

// A call that publishes is repeated by the publisher, and by nobody else.
disturbCalls(Hub, ['publish', 'publishAll'], ['answer lost']);
disturbCalls(Hub, ['requestFeed', ...OF_A_HUB_WITH_REGIONS]);
disturbCalls(WildcardHub, ['receive', 'register', ...OF_A_HUB_WITH_REGIONS]);
disturbCalls(RegionHead, ['receive', 'admit', ...OF_A_PARENT]);
disturbCalls(Shard, ['receive']);
// What destinations need of each.
disturbCalls(Hub, ['announce'], NATURAL);
disturbCalls(Hub, ['readFor'], [...NATURAL, 'answer emptied']);
disturbCalls(WildcardHub, ['announce']);
disturbOther('authority', Authority, ['policyTexts']);
disturbOther('dispatcher', Dispatcher, ['notify', 'forwarded']);
disturbOther('destination', Destination, ['configure', 'wake', 'command', 'takeDeadLetters']);

function disturbOther(
  kind: OtherKind,
  ofKind: { readonly prototype: object },
  names: readonly string[],
): void {
  disturbCalls(ofKind, names, NATURAL, (name) => nameOfOther(kind, name));
}

function noteMade({ id: { name: own = '' } }: DurableObjectState, kind?: OtherKind): void {
  const name = kind === undefined ? own : nameOfOther(kind, own);
  made.set(name, [...(made.get(name) ?? []), Date.now()]);
}

function namespaceOf(name: string, env: Env): DurableObjectNamespace {
  switch (kindOf(name)) {
    case 'head':
      return env.REGION_HEAD;
    case 'shard':
      return env.SHARD;
    case 'hub':
      return isWildcardHub(name) ? env.WILDCARD_HUB : env.HUB;
  }
}

function bindingOf(kind: OtherKind, env: Env): DurableObjectNamespace {
  switch (kind) {
    case 'authority':
      return env.AUTHORITY;
    case 'dispatcher':
      return env.DISPATCHER;
    case 'destination':
      return env.DESTINATION;
  }
}

async function abort(named: string, env: Env): Promise<void> {
  const other = parseOther(named);
  const name = other?.name ?? named;
  const objects = other === undefined ? namespaceOf(name, env) : bindingOf(other.kind, env);
  const object = objects.getByName(name) as unknown as { abort(): Promise<void> };
  // The call dies with the object.
  await object.abort().catch(() => undefined);
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get('name') ?? '';
    switch (pathname) {
      case '/faults/abort':
        await abort(name, env);
        return new Response(null, { status: 204 });
      case '/faults/disturb': {
        const how = searchParams.get('how') ?? '';
        if (!isDisturbance(how)) return new Response(null, { status: 400 });
        disturbNext(name, how, Number(searchParams.get('calls')));
        return new Response(null, { status: 204 });
      }
      case '/faults/made':
        return Response.json(Object.fromEntries(made));
      default:
        return worker.fetch(request, env, ctx);
    }
  },
} satisfies ExportedHandler<Env>;
