/** What the word at the cursor of a command line may become. */
import type { Argument, CommandUnknownOpts as Command, Option } from '@commander-js/extra-typings';

/** A suggestion. */
export interface Completion {
  readonly name: string;
  readonly description?: string;
}

/** Suggestions, or `files` where the word names one. */
export type Completions = readonly Completion[] | 'files';

/**
 * Suggestions for the last of the words of a command line.
 *
 * @param words Those after the program's name; the last is the one at the cursor, empty if it has not begun.
 */
export function completionsOf(program: Command, words: readonly string[]): Completions {
  const [begun = '', ...before] = [...words].reverse();
  const [name, ...rest] = before.reverse();
  const commands = program.createHelp().visibleCommands(program);
  if (name === undefined && !begun.startsWith('-')) return beginning(begun, commands.map((command) => ({ name: command.name(), description: command.description() })));
  const command = name === undefined ? program : commands.find((each) => each.name() === name);
  if (command === undefined) return [];
  const options = command.createHelp().visibleOptions(command);
  const asking = optionOf(options, rest.at(-1));
  if (asking !== undefined && takesValue(asking)) return ofValue(begun, asking);
  if (begun.startsWith('-')) return beginning(begun, options.flatMap(({ long, description }) => (long === undefined ? [] : [{ name: long, description }])));
  return ofValue(begun, argumentAt(command, options, rest));
}

const beginning = (begun: string, all: readonly Completion[]): readonly Completion[] => all.filter(({ name }) => name.startsWith(begun));

const takesValue = ({ required, optional }: Option): boolean => required || optional;

const optionOf = (options: readonly Option[], word: string | undefined): Option | undefined =>
  options.find(({ long, short }) => word !== undefined && (word === long || word === short));

function ofValue(begun: string, of: Option | Argument | undefined): Completions {
  if (of === undefined) return [];
  return of.argChoices === undefined ? 'files' : beginning(begun, of.argChoices.map((name) => ({ name })));
}

/** The argument that the word at the cursor would be. */
function argumentAt(command: Command, options: readonly Option[], before: readonly string[]): Argument | undefined {
  const isValue = (at: number): boolean => {
    const option = optionOf(options, before[at - 1]);
    return option !== undefined && takesValue(option);
  };
  const count = before.filter((word, at) => !word.startsWith('-') && !isValue(at)).length;
  const { registeredArguments } = command;
  return registeredArguments[count] ?? (registeredArguments.at(-1)?.variadic ? registeredArguments.at(-1) : undefined);
}
