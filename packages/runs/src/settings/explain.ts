/** Explains what is wrong with settings: one line per problem, at its path. */
import { closest, distance } from 'fastest-levenshtein';
import * as z from 'zod';

type Problem = readonly [path: string, text: string];

/** Schemas as JSON: each is written once. */
const schemas = new WeakMap<z.ZodType, Schema>();

/** The problems that a schema found, as aligned lines: the path, then what to do. */
export function explain(schema: z.ZodType, error: z.ZodError, settings: unknown): string[] {
  const known = schemas.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema);
  schemas.set(schema, known);
  return aligned(error.issues.flatMap((issue) => lines(issue, known, settings)));
}

/** Problems as lines with aligned texts. */
export function aligned(problems: readonly Problem[]): string[] {
  const width = Math.max(...problems.map(([path]) => path.length));
  return problems.map(([path, text]) => `${path.padEnd(width)}  ${text}`);
}

function lines(issue: z.core.$ZodIssue, schema: Schema, settings: unknown): Problem[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const siblings = namesAt(schema, issue.path, settings);
    return issue.keys.map((key) => [path === '' ? key : `${path}.${key}`, `is not a setting.${suggestion(key, siblings)}`]);
  }
  if (issue.code === 'invalid_union' && issue.errors.length === 0) {
    return [[path === '' ? '(all)' : path, `${issue.message.replace(/^Invalid input$/, 'is not one of those known')}, received ${shown(at(settings, issue.path))}`]];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // the alternative that came closest is the most informative
    const best = [...issue.errors].sort((a, b) => score(b) - score(a))[0]!;
    return best.flatMap((inner) => lines({ ...inner, path: [...issue.path, ...inner.path] }, schema, settings));
  }
  const where = path === '' ? '(all)' : path;
  if (issue.code === 'custom') return [[where, issue.message]];
  const text = issue.message.replace(/^(Invalid (input|option)|Too (small|big)): /, '').replace(/, received .*$/, '');
  return [[where, `${text}, received ${shown(at(settings, issue.path))}`]];
}

/** The name that was probably meant, among those allowed there. */
function suggestion(key: string, siblings: readonly string[]): string {
  const others = siblings.filter((name) => name !== key);
  if (others.length === 0) return '';
  const near = closest(key, others);
  return distance(key.toLowerCase(), near.toLowerCase()) <= Math.max(2, key.length / 3) ? ` Did you mean ${near}?` : '';
}

/** How far an alternative of a union got: a deep problem means that the rest fitted. */
const score = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path, code }) => path.length + (code === 'invalid_type' ? 0 : 0.5)));

const at = (settings: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | null | undefined)?.[key], settings);

/** A value as it is quoted: short, on one line. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value); // JSON knows neither NaN nor Infinity
  const text = attempt(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function attempt(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value; // a number too long, or an object that holds itself
  }
}

/** The part of JSON Schema that settings use. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly const?: unknown;
}

/** The names of the settings that may stand at a path; of the alternatives there those that the settings chose by a constant. */
function namesAt(schema: Schema, path: readonly PropertyKey[], settings: unknown): string[] {
  let here = alternatives(schema, settings);
  for (const [depth, key] of path.entries()) {
    const value = at(settings, path.slice(0, depth + 1));
    here = here
      .flatMap((each) => (typeof key === 'number' ? (each.prefixItems?.[key] ?? each.items) : each.properties?.[String(key)]) ?? [])
      .flatMap((each) => alternatives(each, value));
  }
  return [...new Set(here.flatMap(({ properties = {} }) => Object.keys(properties)))];
}

function alternatives(schema: Schema, value: unknown): Schema[] {
  const several = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => list ?? []);
  if (several.length === 0) return [schema];
  const all = several.flatMap((each) => alternatives(each, value));
  const chosen = all.filter(({ properties = {} }) => Object.entries(properties).some(([name, part]) => part.const !== undefined && part.const === at(value, [name])));
  return chosen.length > 0 ? chosen : all;
}
