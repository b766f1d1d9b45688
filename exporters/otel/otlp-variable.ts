/** A setting of the environment, and the variable that it stands in. */
export interface OtlpVariable {
  readonly name: string;
  readonly text: string;
}

/** The variable of that name; a blank one counts as absent. */
export function variableOf(name: string): OtlpVariable | undefined {
  const text = process.env[name]?.trim();
  return text === undefined || text === '' ? undefined : { name, text };
}

/**
 * OpenTelemetry's setting for traces, else the one for every signal.
 *
 * @example otlpVariable('TIMEOUT') // { name: 'OTEL_EXPORTER_OTLP_TIMEOUT', text: '3000' }
 */
export function otlpVariable(setting: string): OtlpVariable | undefined {
  return variableOf(`OTEL_EXPORTER_OTLP_TRACES_${setting}`) ?? variableOf(`OTEL_EXPORTER_OTLP_${setting}`);
}
