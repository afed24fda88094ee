/** How many events a Worker was given that stands beside the server: `GET /received`. */

/** The name of its binding. */
export const WORKER_BINDING = 'BENCH_WORKER';

interface Counting {
  readonly [WORKER_BINDING]: { received(): Promise<number> };
}

export async function received(env: object): Promise<Response> {
  return Response.json(await (env as Counting)[WORKER_BINDING].received());
}
