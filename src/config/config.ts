/** What the operator configures. All of it is checked before the first request is served. */

import { quote } from '../lib/quote.ts';
import { invalid, ok, type Result } from '../lib/result.ts';
import { checkUpstream, type Upstream } from '../outbound/upstream/address.ts';
import { type DestinationBindings, parseDestinationBindings } from './destination-bindings.ts';
import { parseMovedHubs } from './moved-hubs.ts';
import { parsePlacement } from './placement.ts';
import { parseQueueSources, type QueueSources } from './queue-sources.ts';
import { choiceOf } from './read-variable.ts';
import { parseReconnectWindow } from './reconnect-window.ts';
import { parseRetention } from './retention.ts';
import { parseRootTokens } from './root-tokens.ts';
import { parseSealingKeys } from './sealing.ts';
import { parseSharding, type Sharding } from './sharding.ts';
import { allowsLoopbackHttp, type Variables } from './variables.ts';

export interface Config {
  readonly clusterName: string;
  /** Origins such as `https://app.example.com`, or `*`. */
  readonly allowedOrigins: readonly string[];
  /** Whether a publisher needs the right to write the path of its event. */
  readonly publishNeedsPath: boolean;
  /** When hubs get shards, and in which regions. */
  readonly sharding: Sharding;
  /** Which sources have messages of queues. */
  readonly queueSources: QueueSources;
  /** Whether each line of the audit log is also published as an event. */
  readonly auditEvents: boolean;
  /** None until the operator has set the secret; the first is the new one if there are several. */
  readonly rootTokens: readonly string[];
  /** Whether the operator has set the secret `SOURCE_KEY`. */
  readonly canSeal: boolean;
  /** What destinations may use of the environment. */
  readonly destinationBindings: DestinationBindings;
  /** Undefined if there is none. */
  readonly upstream: Upstream | undefined;
  /** Whether writes that pass through to the upstream make events, and whether their answers wait for that. */
  readonly upstreamEvents: UpstreamEvents;
  /** Which server's clients the answers of the upstream are made complete for. */
  readonly upstreamCompatibility: UpstreamCompatibility;
}

type UpstreamEvents = (typeof UPSTREAM_EVENTS)[number];

const UPSTREAM_EVENTS = ['off', 'on', 'strict'] as const;

type UpstreamCompatibility = (typeof UPSTREAM_COMPATIBILITY)[number];

/** Empty: answers stay as they are. */
const UPSTREAM_COMPATIBILITY = ['', 'vault'] as const;

const CLUSTER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const configs = new WeakMap<object, Result<Config>>();

/** The same for each request of an isolate, parsed once. */
export function configOf(variables: Variables): Result<Config> {
  let config = configs.get(variables);
  if (config === undefined) {
    config = parseConfig(variables);
    configs.set(variables, config);
  }
  return config;
}

export function parseConfig(variables: Variables): Result<Config> {
  const { CLUSTER_NAME: clusterName = '', ALLOWED_ORIGINS: origins = '' } = variables;
  if (!CLUSTER_NAME.test(clusterName)) {
    return invalid(
      `the variable CLUSTER_NAME is ${quote(clusterName)}; set it in wrangler.toml, or with --var, to letters, digits, ".", "_" and "-", 128 at most`,
    );
  }
  const needsPath = choiceOf(
    'PUBLISH_NEEDS_PATH',
    variables,
    ['true', 'false'],
    'true',
    '"true" or "false"',
  );
  if (!needsPath.ok) return needsPath;
  const requestLog = readSwitch('REQUEST_LOG', variables);
  if (!requestLog.ok) return requestLog;
  const auditEvents = readSwitch('AUDIT_EVENTS', variables);
  if (!auditEvents.ok) return auditEvents;
  const retention = parseRetention(variables);
  if (!retention.ok) return retention;
  const reconnectWindow = parseReconnectWindow(variables);
  if (!reconnectWindow.ok) return reconnectWindow;
  const placement = parsePlacement(variables);
  if (!placement.ok) return placement;
  const sharding = parseSharding(variables);
  if (!sharding.ok) return sharding;
  const movedHubs = parseMovedHubs(variables);
  if (!movedHubs.ok) return movedHubs;
  const destinationBindings = parseDestinationBindings(variables);
  if (!destinationBindings.ok) return destinationBindings;
  const queueSources = parseQueueSources(variables);
  if (!queueSources.ok) return queueSources;
  const rootTokens = parseRootTokens(variables);
  if (!rootTokens.ok) return rootTokens;
  const sealingKeys = parseSealingKeys(variables);
  if (!sealingKeys.ok) return sealingKeys;
  const allowedOrigins = origins
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  const malformed = allowedOrigins.find((origin) => origin !== '*' && !isOrigin(origin));
  if (malformed !== undefined) {
    return invalid(
      `the variable ALLOWED_ORIGINS has ${quote(malformed)}; each entry is "*" or an origin such as "https://app.example.com", without a path`,
    );
  }
  const upstream = parseUpstream(variables);
  if (!upstream.ok) return upstream;
  const upstreamEvents = choiceOf(
    'UPSTREAM_EVENTS',
    variables,
    UPSTREAM_EVENTS,
    'off',
    '"off", "on" or "strict"',
  );
  if (!upstreamEvents.ok) return upstreamEvents;
  const upstreamCompatibility = choiceOf(
    'UPSTREAM_COMPATIBILITY',
    variables,
    UPSTREAM_COMPATIBILITY,
    '',
    '"vault" or "" for none',
  );
  if (!upstreamCompatibility.ok) return upstreamCompatibility;
  return ok({
    clusterName,
    allowedOrigins,
    publishNeedsPath: needsPath.value === 'true',
    sharding: sharding.value,
    queueSources: queueSources.value,
    auditEvents: auditEvents.value === 'on',
    rootTokens: rootTokens.value,
    canSeal: sealingKeys.value.length > 0,
    destinationBindings: destinationBindings.value,
    upstream: upstream.value,
    upstreamEvents: upstreamEvents.value,
    upstreamCompatibility: upstreamCompatibility.value,
  });
}

function readSwitch(
  name: 'REQUEST_LOG' | 'AUDIT_EVENTS',
  variables: Variables,
): Result<'on' | 'off'> {
  return choiceOf(name, variables, ['on', 'off'], 'off', '"on" or "off"');
}

function isOrigin(text: string): boolean {
  return !text.includes('*') && URL.canParse(text) && new URL(text).origin === text;
}

/** @returns undefined if there is none */
export function parseUpstream(variables: Variables): Result<Upstream | undefined> {
  const { UPSTREAM_ADDR: text = '', CLUSTER_NAME: via = '' } = variables;
  if (text === '') return ok(undefined);
  const allowLoopbackHttp = allowsLoopbackHttp(variables);
  const checked = checkUpstream(text, allowLoopbackHttp);
  if (!checked.ok) {
    // The address may have a password in it, and the message is sent to every client. So it is not quoted.
    return invalid(
      `the variable UPSTREAM_ADDR ${checked.failure.message}; set it in wrangler.toml, or with --upstream, to the address of an OpenBao or Vault, such as "https://openbao.example.com:8200", or to "" for none`,
    );
  }
  const { origin, pathname } = new URL(text);
  return ok({ address: `${origin}${pathname.replace(/\/+$/, '')}`, via, allowLoopbackHttp });
}
