/** The bindings of a run: each receiver is a Worker beside the server, or the service of a queue. */
import type { Targets } from '../server.ts';
import type { Planned } from './plan.ts';

/** Passes on what it is called with, and the answer. What it is answered in a body, it reads to the end. */
const WORKER = `
import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  async events(batch) {
    const body = JSON.stringify(batch);
    const response = await this.env.RECEIVER.fetch('http://receiver/', { method: 'POST', body });
    const text = await response.text();
    if (!response.ok) throw new Error(response.status + ' ' + text);
  }
}`;

/** `worker-all` is called as `WORKER_ALL`. */
export function bindingOf({ name }: Planned): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** @param portOf where the receiver of a destination listens */
export function targetsOf(planned: readonly Planned[], portOf: (name: string) => number): Targets {
  const services: string[] = [];
  const bindings: string[] = [];
  const allowed: Record<string, object> = {};
  for (const each of planned) {
    const { name, kind } = each;
    if (kind === 'webhook') continue;
    const binding = bindingOf(each);
    const receiver = `receiver of ${name}`;
    services.push(
      `(name = "${receiver}", external = (address = "127.0.0.1:${portOf(name)}", http = ()))`,
    );
    if (kind === 'worker') services.push(workerService(name, receiver));
    bindings.push(
      kind === 'worker'
        ? `(name = "${binding}", service = "${name}")`
        : `(name = "${binding}", queue = "${receiver}")`,
    );
    allowed[binding] = { kind, namespaces: ['*'] };
  }
  return {
    beside: { services, bindings },
    variables: { DESTINATION_BINDINGS: JSON.stringify(allowed) },
  };
}

function workerService(name: string, receiver: string): string {
  const module = `(name = "worker.js", esModule = ${JSON.stringify(WORKER)})`;
  const binding = `(name = "RECEIVER", service = "${receiver}")`;
  return `(name = "${name}", worker = (modules = [${module}], compatibilityDate = "2026-08-15", bindings = [${binding}]))`;
}
