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
    /** `root`, none, a literal token, or one that holds policies. */
    readonly token: string | null | Readonly<Record<string, unknown>>;
    readonly headers: Readonly<Record<string, string | null>>;
  };
  readonly raw_headers?: readonly (readonly [name: string, value: string])[];
  readonly expect: {
    readonly status: number;
    readonly errors?: readonly string[];
    readonly frames?: 'text' | 'binary';
  };
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
