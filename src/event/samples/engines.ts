/** Samples of the events of secrets engines whose events follow from the path: database, LDAP, Azure. */
import { nameOfType, type SampleEvent, sample, textOf } from './sample.ts';

const CONNECTIONS = ['app-postgres', 'billing-mysql', 'reports-mongodb'] as const;
const PLUGINS = [
  'postgresql-database-plugin',
  'mysql-database-plugin',
  'mongodb-database-plugin',
] as const;
const ROLES = ['app-readonly', 'billing-writer', 'reports'] as const;
const ACCOUNTS = ['svc-backup', 'svc-deploy', 'svc-monitor'] as const;
const SETS = ['helpdesk', 'dba-team'] as const;

/** The events of an engine. */
interface Engine {
  readonly type: string;
  readonly rules: readonly Rule[];
  /** Operations that succeed and modify nothing. */
  readonly modifyNothing: readonly string[];
}

interface Rule {
  /** The operations, without a `-fail` at the end. */
  readonly operations: RegExp;
  /** The path below the mount. */
  readonly path: string;
  /** The key, and the values that it has in turn. They are also the `<name>` in the path, unless `inPath` is. */
  readonly key?: 'name' | 'plugin_name';
  readonly values?: readonly [string, ...string[]];
  readonly inPath?: readonly [string, ...string[]];
  /** Further metadata that Vault's code sends. */
  readonly more?: Readonly<Record<string, readonly [string, ...string[]]>>;
}

/** The documentation lists `name` for these, but there is only one configuration. So the name is empty. */
const NAMELESS: Pick<Rule, 'key' | 'values'> = { key: 'name', values: [''] };

const DATABASE: Engine = {
  type: 'database',
  modifyNothing: ['reset', 'static-creds-create'],
  rules: [
    { operations: /^config-/, path: 'config/<name>', key: 'name', values: CONNECTIONS },
    { operations: /^creds-create$/, path: 'creds/<name>', key: 'name', values: ROLES },
    { operations: /^reload$/, path: 'reload/<name>', key: 'plugin_name', values: PLUGINS },
    {
      operations: /^reload-connection$/,
      path: 'reload/<name>',
      key: 'name',
      values: CONNECTIONS,
      inPath: PLUGINS,
    },
    { operations: /^reset$/, path: 'reset/<name>', key: 'name', values: CONNECTIONS },
    { operations: /^root-rotate$/, path: 'rotate-root/<name>', key: 'name', values: CONNECTIONS },
    { operations: /^rotate$/, path: 'rotate-role/<name>', key: 'name', values: ACCOUNTS },
    {
      operations: /^static-creds-create$/,
      path: 'static-creds/<name>',
      key: 'name',
      values: ACCOUNTS,
    },
    { operations: /^static-role-/, path: 'static-roles/<name>', key: 'name', values: ACCOUNTS },
    { operations: /^role-/, path: 'roles/<name>', key: 'name', values: ROLES },
  ],
};

const LDAP: Engine = {
  type: 'ldap',
  modifyNothing: [],
  rules: [
    { operations: /^config-/, path: 'config', ...NAMELESS },
    { operations: /^root-rotate$/, path: 'rotate-root', ...NAMELESS },
    { operations: /^rotate$/, path: 'rotate-role/<name>', key: 'name', values: ACCOUNTS },
    { operations: /^creds-create$/, path: 'creds/<name>', key: 'name', values: ROLES },
    {
      operations: /^library-check-out$/,
      path: 'library/<name>/check-out',
      key: 'name',
      values: SETS,
      more: { service_account: ACCOUNTS },
    },
    {
      operations: /^library-check-in$/,
      path: 'library/<name>/check-in',
      key: 'name',
      values: SETS,
      more: { service_account: ACCOUNTS },
    },
    { operations: /^library-/, path: 'library/<name>', key: 'name', values: SETS },
    { operations: /^static-role-/, path: 'static-role/<name>', key: 'name', values: ACCOUNTS },
    { operations: /^role-/, path: 'role/<name>', key: 'name', values: ROLES },
  ],
};

const AZURE: Engine = {
  type: 'azure',
  modifyNothing: [],
  rules: [
    { operations: /^config-write$/, path: 'config' },
    { operations: /^rotate$/, path: 'rotate-root' },
    { operations: /^creds-create$/, path: 'creds/<name>', inPath: ROLES },
    { operations: /^static-role-/, path: 'static-roles/<name>', inPath: ACCOUNTS },
    { operations: /^role-/, path: 'roles/<name>', inPath: ROLES },
  ],
};

export function databaseSample(eventType: string, number: number, mount: string): SampleEvent {
  return engineSample(DATABASE, eventType, number, mount);
}

export function ldapSample(eventType: string, number: number, mount: string): SampleEvent {
  return engineSample(LDAP, eventType, number, mount);
}

export function azureSample(eventType: string, number: number, mount: string): SampleEvent {
  return engineSample(AZURE, eventType, number, mount);
}

function engineSample(
  { type, rules, modifyNothing }: Engine,
  eventType: string,
  number: number,
  mount: string,
): SampleEvent {
  const operation = nameOfType(eventType);
  const succeeded = operation.replace(/-fail$/, '');
  const rule = rules.find(({ operations }) => operations.test(succeeded));
  if (rule === undefined) throw new Error(`no rule for samples of ${eventType}`);
  const { path, key, values = [''], inPath = values, more = {} } = rule;
  const isModified = operation === succeeded && !modifyNothing.includes(operation);
  const metadata = {
    modified: String(isModified),
    operation,
    path: `${mount}/${path.replace('<name>', textOf(inPath, number))}`,
    ...(key && { [key]: textOf(values, number) }),
    ...Object.fromEntries(
      Object.entries(more).map(([name, texts]) => [name, textOf(texts, number)]),
    ),
  };
  return sample(eventType, { path: mount, type }, metadata);
}
