/** A broadcast with partyserver, hibernating, as its documentation has it. */
import { routePartykitRequest, Server } from 'partyserver';

interface Env extends Cloudflare.Env {
  readonly ROOM: DurableObjectNamespace<Room>;
}

export class Room extends Server<Env> {
  static override options = { hibernate: true };

  override async onRequest(request: Request): Promise<Response> {
    this.broadcast(await request.text());
    return Response.json({ data: { accepted: 1 } });
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const routed = await routePartykitRequest(request, { ...env });
    return routed ?? new Response(null, { status: 404 });
  },
};
