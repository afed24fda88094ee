/** Sources that host code. */
import { whenHeader } from '../handshake.ts';
import type { Kind } from '../kind.ts';
import { signature } from '../signature.ts';

export const CODE = {
  github: {
    proof: [
      signature({
        header: 'X-Hub-Signature-256',
        algorithm: 'SHA-256',
        encoding: 'hex',
        form: 'plain',
        prefix: 'sha256=',
        signed: '{body}',
      }),
    ],
    body: 'document',
    eventType: 'github/{header:X-GitHub-Event}',
    mapping: {
      id: '{header:X-GitHub-Delivery}',
      path: 'github/{/repository/full_name|/organization/login|/sender/login}',
      metadata: {
        operation: '{header:X-GitHub-Event}',
        action: '/action',
        repository: '/repository/full_name',
        organization: '/organization/login',
        sender: '/sender/login',
        ref: '/ref',
        before: '/before',
        after: '/after',
        number: '/number',
        url: '{/pull_request/html_url|/issue/html_url|/release/html_url|/workflow_run/html_url|/compare|/repository/html_url}',
      },
    },
    handshake: { signed: whenHeader('X-GitHub-Event', 'ping') },
  },
} satisfies Record<string, Kind>;
