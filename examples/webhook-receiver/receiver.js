// Receives the webhooks of a destination: verifies the signature, handles each batch once, and answers soon.
import { createServer } from 'node:http';
import { verify, WebhookError } from '@carillon/client/webhook';

const { WEBHOOK_SECRET = '', PORT = '8090' } = process.env;
if (!WEBHOOK_SECRET) throw new Error('set WEBHOOK_SECRET to the secret of the destination');

/** The ids of what was handled. Replace it with something that outlives this process. */
const handled = new Set();

/**
 * Replace this.
 *
 * @param {import('@carillon/client/webhook').WebhookEvent} event
 */
async function handle({ eventType, metadata }) {
  console.log(`${eventType} ${metadata.path}`);
}

const server = createServer(async (request, response) => {
  try {
    // Reads the body, and refuses one that is too long.
    const { headers } = request;
    const { id, events } = await verify({ headers, body: request }, WEBHOOK_SECRET);
    if (!handled.has(id)) for (const event of events) await handle(event);
    handled.add(id);
    response.writeHead(204).end();
  } catch (error) {
    // Carillon tries again after any other answer than 2xx, and shows this text with the attempt.
    response.writeHead(error instanceof WebhookError ? error.status : 500).end(String(error));
  }
});
server.listen(Number(PORT), () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listens on port ${port}`);
});
