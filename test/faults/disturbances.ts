/** What may happen to a call from one object to another. The entry of the fault run builds it in. */

const DISTURBANCES = [
  /** The callee does its work, and its answer is lost. */
  'answer lost',
  /** The callee never hears of it. */
  'call lost',
  /** Later calls overtake it. */
  'call late',
  /** The callee does its work twice, at the same time. */
  'call doubled',
  /** Injects a loss, which the run has to find: a page arrives without its events. */
  'page emptied',
  /** The same with a page that is the answer of the callee. */
  'answer emptied',
] as const;

export type Disturbance = (typeof DISTURBANCES)[number];

/** Those of a network and of the platform. */
export const NATURAL: readonly Disturbance[] = [
  'answer lost',
  'call lost',
  'call late',
  'call doubled',
];

/** As long as a caller waits, and longer. */
const MAX_LATE_MS = 3000;

interface Due {
  readonly how: Disturbance;
  calls: number;
}

/** By the name of the callee. Shared by the Worker and its objects: workerd runs them in one isolate. */
const due = new Map<string, Due>();

export function isDisturbance(text: string): text is Disturbance {
  return (DISTURBANCES as readonly string[]).includes(text);
}

/** Lets that happen to the next so many calls to an object. */
export function disturbNext(name: string, how: Disturbance, calls: number): void {
  due.set(name, { how, calls });
}

type Method = (this: Callee, ...given: unknown[]) => unknown;

interface Callee {
  readonly ctx: { readonly id: { readonly name?: string | undefined } };
}

/**
 * Lets methods of a class be disturbed.
 *
 * @param nameOf how the run names an object
 * @throws if the class has no method of a name
 */
export function disturbCalls(
  { prototype }: { readonly prototype: object },
  names: readonly string[],
  ways: readonly Disturbance[] = [...NATURAL, 'page emptied'],
  nameOf: (name: string) => string = (name) => name,
): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as Method | undefined;
    if (typeof method !== 'function') throw new Error(`there is no method ${name} to disturb`);
    const disturbed = async function (this: Callee, ...given: unknown[]): Promise<unknown> {
      const how = take(nameOf(this.ctx.id.name ?? ''), ways, given);
      return how === undefined ? method.apply(this, given) : called(how, this, method, given);
    };
    Object.defineProperty(prototype, name, { value: disturbed });
  }
}

async function called(
  how: Disturbance,
  callee: Callee,
  method: Method,
  given: readonly unknown[],
): Promise<unknown> {
  const call = () => method.apply(callee, [...given]);
  switch (how) {
    case 'answer lost':
      await call();
      throw new Error('the answer was lost by a test');
    case 'call lost':
      throw new Error('the call was lost by a test');
    case 'call late':
      await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_LATE_MS));
      return call();
    case 'call doubled': {
      const [, answer] = await Promise.all([call(), call()]);
      return answer;
    }
    case 'page emptied':
      return method.apply(callee, [{ ...(given[0] as object), slices: [] }]);
    case 'answer emptied':
      return { ...((await call()) as object | undefined), slices: [] };
  }
}

function take(
  name: string,
  ways: readonly Disturbance[],
  [page]: readonly unknown[],
): Disturbance | undefined {
  const next = due.get(name);
  if (next === undefined || !ways.includes(next.how)) return undefined;
  if (next.how === 'page emptied' && !hasEvents(page)) return undefined;
  if (--next.calls === 0) due.delete(name);
  return next.how;
}

function hasEvents(page: unknown): boolean {
  const { slices = [] } = (page ?? {}) as { readonly slices?: readonly unknown[] };
  return slices.length > 0;
}
