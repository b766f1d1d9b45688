import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { destinationOf } from '../../exporters/otel/index.ts';

afterEach(() => void vi.unstubAllEnvs());

describe('destinationOf', () => {
  it('names a receiver, however its URL is given', () => {
    const name = destinationOf({ url: 'http://localhost:4318' });
    expect(name).toMatch(/^otlp-[0-9a-f]{8}$/);
    expect(destinationOf({})).toBe(name);
    const others = ['http://localhost:4318/v1/traces', 'HTTP://LOCALHOST:4318/', 'http://localhost:4318/v1/traces#x'];
    for (const url of others) expect(destinationOf({ url })).toBe(name);
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:4318/');
    expect(destinationOf({})).toBe(name);
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://collector:4318/v1/traces');
    expect(destinationOf({})).toBe(destinationOf({ url: 'http://collector:4318' }));
    expect(destinationOf({})).not.toBe(name);
    expect(destinationOf({ url: 'http://localhost:4318' })).toBe(name);
  });

  it('keeps the name when the password changes, and tells paths and queries apart', () => {
    const url = 'https://collector/v1/traces';
    const name = destinationOf({ url });
    expect(destinationOf({ url: 'https://user:secret@collector/v1/traces' })).toBe(name);
    expect(destinationOf({ url: 'https://user:other@collector:443/v1/traces' })).toBe(name);
    for (const other of [`${url}/`, `${url}?dataset=a`, 'http://collector/v1/traces', 'https://collector/traces'])
      expect(destinationOf({ url: other })).not.toBe(name);
  });

  it('is what is given, and an exporter of the caller’s is one', () => {
    expect(destinationOf({ url: 'http://localhost:4318', destination: 'team-a' })).toBe('team-a');
    expect(destinationOf({ exporter: new InMemorySpanExporter() })).toBe('exporter');
  });

  it('is not the metrics’ own, and no URL that cannot be', () => {
    expect(() => destinationOf({ destination: 'prometheus' })).toThrow(/metrics keep their place/);
    expect(() => destinationOf({ url: 'localhost:4318' })).toThrow(/no http or https URL/);
  });
});
