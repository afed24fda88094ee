/** The configuration of workerd, from `wrangler.toml`: the bindings, flags and objects of a deployment. */
import { parse } from 'smol-toml';
import { urlHost } from './address.ts';
import type { Bundle } from './bundle.ts';
import type { Variables } from './variables.ts';

/** Environment variable that gives workerd the root token, because a file should not contain a secret. */
export const ROOT_TOKEN_VARIABLE = 'CARILLON_ROOT_TOKEN';
/** Environment variable for the key that seals the secrets of sources. */
export const SOURCE_KEY_VARIABLE = 'CARILLON_SOURCE_KEY';
export const CONFIG_FILE = 'workerd.capnp';
/** Folder of the Durable Objects' databases, below the data folder. */
export const STATE_FOLDER = 'durable-objects';

interface WranglerConfig {
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly vars: Readonly<Record<string, unknown>>;
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string }[];
  };
}

interface Serving {
  readonly host: string;
  readonly port: number;
  readonly allowLoopbackHttp: boolean;
  readonly regionHeader?: string | undefined;
  readonly variables?: Variables | undefined;
  readonly beside?: Beside | undefined;
}

/** What workerd runs beside the server, and what the server calls it by: members of lists in the language of Cap'n Proto. */
export interface Beside {
  readonly services: readonly string[];
  readonly bindings: readonly string[];
}

/**
 * By default workerd can only connect to public addresses. This service replaces that if the keys of issuers, or the
 * upstream, may be on this machine.
 */
const LOOPBACK_INTERNET =
  '(name = "internet", network = (allow = ["public", "local"], tlsOptions = (trustBrowserCas = true)))';

export function workerdConfig(bundle: Bundle, serving: Serving): string {
  const { host, port, allowLoopbackHttp, regionHeader } = serving;
  const { services = [], bindings: others = [] } = serving.beside ?? {};
  const wrangler = wranglerConfigOf(bundle);
  const objects = wrangler.durable_objects.bindings;
  const vars = serving.variables ?? wrangler.vars;
  const bindings = [
    ...Object.entries(vars).map(([name, value]) =>
      typeof value === 'string'
        ? `(name = ${text(name)}, text = ${text(value)})`
        : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
    ...(allowLoopbackHttp ? ['(name = "ALLOW_LOOPBACK_HTTP", text = "true")'] : []),
    ...(regionHeader === undefined
      ? []
      : [`(name = "REGION_HEADER", text = ${text(regionHeader)})`]),
    `(name = "ROOT_TOKEN", fromEnvironment = ${text(ROOT_TOKEN_VARIABLE)})`,
    `(name = "SOURCE_KEY", fromEnvironment = ${text(SOURCE_KEY_VARIABLE)})`,
    ...objects.map(
      ({ name, class_name }) =>
        `(name = ${text(name)}, durableObjectNamespace = ${text(class_name)})`,
    ),
    ...others,
  ];
  const allServices = [
    '(name = "carillon", worker = .worker)',
    `(name = "state", disk = (path = ${text(STATE_FOLDER)}, writable = true))`,
    ...(allowLoopbackHttp ? [LOOPBACK_INTERNET] : []),
    ...services,
  ];
  const namespaces = objects.map(
    ({ class_name }) =>
      `(className = ${text(class_name)}, uniqueKey = ${text(`carillon-${class_name}`)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ${allServices.join(',\n    ')},
  ],
  sockets = [(name = "http", address = ${text(`${urlHost(host)}:${port}`)}, http = (), service = "carillon")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = ${text(bundle.code)})],
  ${compatibility(wrangler)},
  bindings = [
    ${bindings.join(',\n    ')},
  ],
  durableObjectNamespaces = [
    ${namespaces.join(',\n    ')},
  ],
  durableObjectStorage = (localDisk = "state"),
);
`;
}

/**
 * Workers beside the server, each a module that the server calls by a service binding. They run as the server does: with its
 * compatibility date and flags.
 *
 * @param modules the code of each, by the name of its binding
 */
export function besideWorkers(bundle: Bundle, modules: ReadonlyMap<string, string>): Beside {
  const wrangler = wranglerConfigOf(bundle);
  const services: string[] = [];
  const bindings: string[] = [];
  for (const [name, code] of modules) {
    // workerd says this name if the module cannot be loaded.
    const service = text(`--with ${name}`);
    const modulesOf = `modules = [(name = "worker.js", esModule = ${text(code)})]`;
    services.push(`(name = ${service}, worker = (${modulesOf}, ${compatibility(wrangler)}))`);
    bindings.push(`(name = ${text(name)}, service = ${service})`);
  }
  return { services, bindings };
}

function wranglerConfigOf({ config }: Bundle): WranglerConfig {
  return parse(config) as unknown as WranglerConfig;
}

function compatibility({ compatibility_date, compatibility_flags = [] }: WranglerConfig): string {
  return `compatibilityDate = ${text(compatibility_date)}, compatibilityFlags = [${compatibility_flags.map(text).join(', ')}]`;
}

/** A Cap'n Proto text literal. */
function text(value: string): string {
  return `"${value.replace(/[\\"\n\r\t\0]/g, (character) => ESCAPES[character] ?? character)}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\x00',
};
