/** What is wrong with settings, in a person's words: one line a problem, at its path. */
import { closest, distance } from 'fastest-levenshtein';
import * as z from 'zod';

/** The problems that a schema found, as aligned lines: the path, then what to do. */
export function explain(schema: z.ZodType, error: z.ZodError, settings: unknown): string[] {
  const known = settingNames(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  const problems = error.issues.flatMap((issue) => lines(issue, known, settings));
  const width = Math.max(...problems.map(([path]) => path.length));
  return problems.map(([path, text]) => `${path.padEnd(width)}  ${text}`);
}

function lines(issue: z.core.$ZodIssue, known: readonly string[], settings: unknown): [path: string, text: string][] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = closest(key, known);
      const hint = distance(key, near) <= Math.max(2, key.length / 3) ? ` Did you mean ${near}?` : '';
      return [path === '' ? key : `${path}.${key}`, `is not a setting.${hint}`];
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length === 0) {
    return [[path, `${issue.message.replace(/^Invalid input$/, 'is not one of those known')}, received ${shown(at(settings, issue.path))}`]];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // the alternative that came closest says most
    const best = [...issue.errors].sort((a, b) => score(b) - score(a))[0]!;
    return best.flatMap((inner) => lines({ ...inner, path: [...issue.path, ...inner.path] }, known, settings));
  }
  const where = path === '' ? '(all)' : path;
  if (issue.code === 'custom') return [[where, issue.message]];
  const text = issue.message.replace(/^(Invalid (input|option)|Too (small|big)): /, '').replace(/, received .*$/, '');
  return [[where, `${text}, received ${shown(at(settings, issue.path))}`]];
}

/** How far an alternative of a union got: a deep problem means that the rest fitted. */
const score = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path, code }) => path.length + (code === 'invalid_type' ? 0 : 0.5)));

const at = (settings: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], settings);

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** Every name of a setting anywhere in a JSON Schema. */
function settingNames(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : [];
  return [...new Set([...own, ...Object.values(schema).flatMap(settingNames)])];
}
