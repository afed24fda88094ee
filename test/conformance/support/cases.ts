/** The groups of cases, typed. */
import { readCases } from '../../support/cases.ts';
import type { EventInput } from './publish.ts';

interface Case {
  readonly id: string;
}

export interface GlobCase extends Case {
  readonly pattern: string;
  readonly input: string;
  readonly match: boolean;
}

export interface JsonCase extends Case {
  readonly name: string;
  readonly event: EventInput & { readonly event_type: string };
  readonly source: string;
  readonly time: string;
  readonly expect: Readonly<Record<string, unknown>> & {
    readonly data: Readonly<Record<string, unknown>>;
  };
}

export interface ProtobufCase extends Case {
  readonly name: string;
  readonly event: EventInput & { readonly event_type: string };
  readonly hex: string;
  /** Whether the order of map entries is free. */
  readonly compare: 'bytes' | 'decode';
}

export interface HttpCase extends Case {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    /** `root`, none, a literal token, or one that holds policies: by their names, or their texts. */
    readonly token:
      | string
      | null
      | { readonly policies: readonly string[] }
      | { readonly hcl: readonly string[] };
    readonly headers: Readonly<Record<string, string | null>>;
    readonly body?: unknown;
  };
  readonly raw_headers?: readonly (readonly [name: string, value: string])[];
  /** What has to be there before, in words. */
  readonly precondition?: string;
  readonly expect: {
    readonly status: number;
    readonly errors?: readonly string[];
    readonly errors_contain?: readonly string[];
    readonly warnings_include?: readonly string[];
    readonly body?: string;
    readonly content_type_not?: string;
    /** Members that are there, and members with their values, by their way through the answer. */
    readonly json_has?: readonly string[];
    readonly json?: Readonly<Record<string, unknown>>;
    readonly frames?: 'text' | 'binary';
  };
}

export interface PolicyCase extends Case {
  /** Cases without a kind ask what may be done with a path. */
  readonly kind?: 'parameters' | 'template';
  readonly policies: readonly string[];
  readonly path: string;
  readonly note?: string;
  readonly identity?: {
    readonly entity: {
      readonly id: string;
      readonly name?: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly aliases?: Readonly<Record<string, { readonly name: string }>>;
    };
  } | null;
  readonly expect_parse_error?: boolean;
  readonly error_contains?: readonly string[];
  readonly http_status_on_put?: number;
  readonly capabilities?: readonly string[];
  readonly subscribe_event_types?: readonly string[];
  readonly allowed?: boolean | Readonly<Record<string, boolean>>;
  readonly operation?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly wrap_ttl_seconds?: number;
}

export interface EventAuthCase extends Case {
  readonly kind?: undefined;
  readonly root_token: boolean;
  readonly policies: readonly string[];
  readonly request_namespace: string;
  readonly namespaces_params: readonly string[];
  readonly event: EventInput & { readonly event_type: string; readonly namespace: string };
  readonly allowed: boolean;
  readonly note?: string;
}

/** How long Vault lets a subscription go on by a token that is no more, and how it then ends. */
export interface TimingCase extends Case {
  readonly kind: 'timing';
  readonly close_code: number;
  readonly close_reason: string;
}

export interface FilterCase extends Case {
  readonly filter: string;
  readonly event: {
    readonly event_type: string;
    readonly operation: string;
    readonly source_plugin_mount: string;
    readonly data_path: string;
    readonly namespace: string;
  };
  readonly expect: 'true' | 'false' | 'error';
  readonly error_kind?: 'parse' | 'evaluate';
}

export interface PrependCase extends Case {
  readonly kind: 'prepend';
  readonly request_namespace: string;
  readonly namespaces_params: readonly string[];
  readonly patterns: readonly string[];
}

export interface NamespaceMatchCase extends Case {
  readonly kind: 'match';
  readonly request_namespace: string;
  readonly namespaces_params: readonly string[];
  readonly event_namespace: string;
  readonly delivered: boolean;
}

export interface ProduceCase extends Case {
  readonly event_type?: string;
  readonly mount_path?: string;
  readonly expect_metadata: Readonly<Record<string, string>>;
}

export const globCases = readCases<GlobCase>('glob');
export const jsonCases = readCases<JsonCase>('json');
export const protobufCases = readCases<ProtobufCase>('protobuf');
export const httpCases = readCases<HttpCase>('http');
export const produceCases = readCases<ProduceCase>('produce');
export const policyCases = readCases<PolicyCase>('policy');
export const eventAuthCases = readCases<EventAuthCase | TimingCase>('event_auth');
export const filterCases = readCases<FilterCase>('bexpr');
export const namespaceCases = readCases<PrependCase | NamespaceMatchCase>('namespaces');
