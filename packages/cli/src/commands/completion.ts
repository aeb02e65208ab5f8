/** `kindred completion`: what a shell asks when the Tab key is pressed. */
import { Argument, type Command } from '@commander-js/extra-typings';
import { completionsOf } from '../completions.js';

/** Shells that are known. */
const shells = ['bash', 'zsh', 'fish'] as const;

/** Adds the command to the program, and the hidden one that the script calls. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands, options, their values and files in a shell')
    .addArgument(new Argument('<shell>', 'whose script').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  source <(kindred completion bash)                                    in ~/.bashrc
  source <(kindred completion zsh)                                     in ~/.zshrc, after compinit
  kindred completion fish > ~/.config/fish/completions/kindred.fish`,
    )
    .action(async (shell) => {
      const { default: tabtab } = await import('@pnpm/tabtab');
      process.stdout.write(await tabtab.getCompletionScript({ name: 'kindred', completer: 'kindred', shell }));
    });
  program
    .command('completion-server', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async () => {
      const { default: tabtab } = await import('@pnpm/tabtab');
      const shell = tabtab.getShellFromEnv(process.env);
      const completions = completionsOf(program, tabtab.parseEnv(process.env).partial.split(/\s+/).slice(1));
      if (completions !== 'files') tabtab.log([...completions], shell, (line) => process.stdout.write(`${line}\n`));
      else if (shell !== 'bash') tabtab.logFiles(); // bash takes files where nothing is suggested
    });
}
