import type { CliCommand } from './command.js';

/** The text of `kiln COMMAND --help`. */
export function helpFor({ usage, about, flags, notes }: CliCommand): string {
  const rows = Object.entries(flags).map(([name, { value, about }]) => [
    `--${name}${value ? ` ${value}` : ''}`,
    about,
  ]);
  const parts = [`kiln ${usage}`, about, columns([...rows, ['--help', 'show this']]), notes];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/** The text of `kiln --help`. */
export function overview(commands: readonly CliCommand[]): string {
  const rows = commands.map(({ name, about }) => [name, about]);
  return [
    'kiln COMMAND [...]',
    'Draws pictures from text with a Stable Diffusion engine of its own.',
    columns(rows),
    '"kiln COMMAND --help" tells more; "kiln --version" tells the version.\n',
  ].join('\n\n');
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`).join('\n');
}
