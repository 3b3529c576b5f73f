/** The OpenAPI document as one page for people: no scripts, nothing loaded from elsewhere. */
import type { OpenApiDocument, Operation } from './document.ts';

export function openApiPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(path, method, operation)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(document.info.title)} ${escape(document.info.version)}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{font:600 1rem ui-monospace,monospace;margin:2rem 0 .2rem;overflow-wrap:anywhere}
h2 b{display:inline-block;min-width:4.5em}
table{border-collapse:collapse;margin:.5rem 0}td{padding:.1rem 1rem .1rem 0;vertical-align:top}code{font-family:ui-monospace,monospace}
</style></head><body>
<h1>${escape(document.info.title)} ${escape(document.info.version)}</h1>
<p>${escape(document.info.description)} The same as data: <a href="/api/v1/openapi.json">openapi.json</a></p>
${operations.join('\n')}
</body></html>
`;
}

function section(path: string, method: string, operation: Operation): string {
  const needs = operation.security[0]?.['token'];
  const access = needs === undefined ? 'public' : (needs[0] ?? 'any token');
  const rows = operation.parameters.map(
    (parameter) =>
      `<tr><td><code>${escape(parameter.name)}</code></td><td>${parameter.in}${parameter.required ? ', required' : ''}</td><td>${escape(kindOf(parameter.schema))}</td></tr>`,
  );
  return `<h2><b>${method.toUpperCase()}</b> ${escape(path)}</h2>
<p>${escape(operation.summary)} (needs: ${escape(access)}; answers ${Object.keys(operation.responses).join(', ')})</p>
${rows.length === 0 ? '' : `<table>${rows.join('')}</table>`}`;
}

function kindOf(schema: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(String).join(' | ');
  return typeof schema['type'] === 'string' ? schema['type'] : 'any';
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
