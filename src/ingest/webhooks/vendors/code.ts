/** Hosts of source code. */
import { challengeInHeader } from '../challenges/challenge.ts';
import { HUB_SIGNATURE_256 } from '../verifiers/hmac-signature.ts';
import { secretInHeader } from '../verifiers/sent-secret.ts';
import { STANDARD_WEBHOOKS } from '../verifiers/standard-webhooks.ts';
import type { Kind } from './kind.ts';

export const CODE = {
  github: {
    verifiers: [HUB_SIGNATURE_256],
    body: 'document',
    eventType: 'github/{header:X-GitHub-Event}',
    mapping: {
      id: '{header:X-GitHub-Delivery}',
      path: 'github/{/repository/full_name|/organization/login|/enterprise/slug|/sender/login|"none"}',
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
    challenge: { verified: challengeInHeader('X-GitHub-Event', 'ping') },
  },
  gitlab: {
    // The signing token is newer than the secret token, and also signs the id and the time.
    verifiers: [STANDARD_WEBHOOKS, secretInHeader('X-Gitlab-Token')],
    body: 'document',
    eventType: 'gitlab/{/object_kind|/event_name|/event_type}',
    mapping: {
      id: '{id|header:Idempotency-Key}',
      path: 'gitlab/{/project/path_with_namespace|/project/full_path|/path_with_namespace|/group/full_path|/full_path|/group_path|"instance"}',
      metadata: {
        operation: '{/object_kind|/event_name|/event_type}',
        action: '{/object_attributes/action|/action}',
        status: '{/object_attributes/status|/build_status|/status}',
        project: '{/project/path_with_namespace|/project/full_path|/path_with_namespace}',
        user: '{/user/username|/user_username|/username}',
        ref: '{/ref|/object_attributes/ref}',
        before: '/before',
        after: '/after',
        number: '/object_attributes/iid',
        url: '{/object_attributes/url|/project/web_url}',
      },
    },
  },
} satisfies Record<string, Kind>;
