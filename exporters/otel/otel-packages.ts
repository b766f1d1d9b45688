/** What an application installs to have a board's spans; the last for its types alone. Loaded at the first use. */
export const OTEL_PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/otlp-transformer',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
] as const;
