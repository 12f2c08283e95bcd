import { createHash } from 'node:crypto';
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  Locale,
  PermissionFlagsBits,
  type REST,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord.js';
import { type Command, type OptionSpec, optionsOf } from '../../command.js';
import type { AdapterTools } from '../tools.js';
import { cutText } from './text.js';

type Registered = RESTPutAPIApplicationCommandsJSONBody[number];
type RegisteredOption = NonNullable<Extract<Registered, { description: string }>['options']>[number];

/** Discord's limits. */
const mostOptions = 25;
const mostChoices = 25;
const mostAbout = 100;
const mostStringLength = 6000;
const mostCharacters = 8000;

const nameShape = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

const optionTypes = {
  string: ApplicationCommandOptionType.String,
  integer: ApplicationCommandOptionType.Integer,
  number: ApplicationCommandOptionType.Number,
  boolean: ApplicationCommandOptionType.Boolean,
  attachment: ApplicationCommandOptionType.Attachment,
} as const;

/** Locales that Discord only knows with their country. */
const countries: Readonly<Record<string, readonly Locale[]>> = {
  en: [Locale.EnglishUS, Locale.EnglishGB],
  es: [Locale.SpanishES, Locale.SpanishLATAM],
  pt: [Locale.PortugueseBR],
  sv: [Locale.Swedish],
  zh: [Locale.ChineseCN],
};

/**
 * What Discord is told of the commands: slash commands for the typed ones, message commands for the menus.
 *
 * @param where what belongs to one guild may not say where else it is to be used
 * @throws Error when a command is more than Discord takes
 * @example await rest.put(route, { body: registrationOf(commands, 'global') });
 */
export function registrationOf(
  commands: readonly Command[],
  where: 'global' | 'guild',
): RESTPutAPIApplicationCommandsJSONBody {
  return commands.flatMap((command) => [
    ...(command.ways.includes('typed') ? [slashCommand(command, where)] : []),
    ...(command.ways.includes('menu') ? [menuCommand(command, where)] : []),
  ]);
}

/**
 * An option's name on Discord, which takes no capitals.
 *
 * @example optionName('maxSteps') // 'max-steps'
 */
export function optionName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The options of a command that people fill in; without its rare ones, which can be typed, where there are too many. */
export function shownOptions(command: Pick<Command, 'name' | 'options'>): readonly OptionSpec[] {
  const shown = optionsOf(command).filter(({ hidden }) => !hidden);
  return shown.length <= mostOptions ? shown : shown.filter(({ rare }) => !rare);
}

/**
 * Registers the commands, globally or in each of `guilds`, where they are not what was registered last.
 *
 * @example await registerCommands({ rest, application, commands, guilds: [], memory });
 */
export async function registerCommands({
  rest,
  application,
  commands,
  guilds,
  memory,
}: {
  readonly rest: Pick<REST, 'put'>;
  readonly application: string;
  readonly commands: readonly Command[];
  readonly guilds: readonly string[];
  readonly memory: AdapterTools['memory'];
}): Promise<void> {
  const rooms = guilds.length > 0 ? guilds : ['global'];
  for (const room of rooms) {
    const body = registrationOf(commands, room === 'global' ? 'global' : 'guild');
    const hash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    const name = `discord/commands/${application}/${room}`;
    if ((await memory.get(name)) === hash) continue;
    const route =
      room === 'global'
        ? Routes.applicationCommands(application)
        : Routes.applicationGuildCommands(application, room);
    await rest.put(route, { body });
    await memory.set(name, hash);
  }
}

function slashCommand(command: Command, where: 'global' | 'guild'): Registered {
  const options = shownOptions(command);
  if (options.length > mostOptions) {
    throw new Error(
      `Cannot register ${command.name}: found ${options.length} options, want at most ${mostOptions}`,
    );
  }
  const registered = {
    ...common(command, where),
    type: ApplicationCommandType.ChatInput as const,
    name: command.name,
    name_localizations: localized(command, 'name'),
    description: cutText(command.about, mostAbout),
    description_localizations: localized(command, 'about'),
    // Discord wants what is required first.
    options: [...options].sort((a, b) => Number(b.required) - Number(a.required)).map(optionOf),
  };
  const characters = charactersIn(registered);
  if (characters > mostCharacters) {
    throw new Error(
      `Cannot register ${command.name}: found ${characters} characters, want at most ${mostCharacters}`,
    );
  }
  return registered;
}

function menuCommand(command: Command, where: 'global' | 'guild'): Registered {
  return {
    ...common(command, where),
    type: ApplicationCommandType.Message as const,
    name: cutText(command.menuName ?? command.name, 32),
  };
}

function common(command: Command, where: 'global' | 'guild') {
  return {
    default_member_permissions: command.who === 'admin' ? String(PermissionFlagsBits.ManageGuild) : null,
    ...(where === 'global' && {
      integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
      contexts: [
        InteractionContextType.Guild,
        InteractionContextType.BotDM,
        InteractionContextType.PrivateChannel,
      ],
    }),
  };
}

function localized({ localized = {} }: Command, what: 'name' | 'about'): Partial<Record<Locale, string>> {
  const known = new Set<string>(Object.values(Locale));
  return Object.fromEntries(
    Object.entries(localized).flatMap(([language, words]) => {
      const locales = known.has(language) ? [language] : (countries[language] ?? []);
      const text = what === 'name' ? words.name.toLowerCase() : cutText(words.about, mostAbout);
      return what === 'about' || nameShape.test(text) ? locales.map((locale) => [locale, text]) : [];
    }),
  );
}

function optionOf(spec: OptionSpec): RegisteredOption {
  const { type, required, min, max, maxLength, choices, suggest } = spec;
  const base = { name: optionName(spec.name), description: cutText(spec.about, mostAbout), required };
  const bounds = {
    ...(min !== undefined && { min_value: min }),
    ...(max !== undefined && { max_value: max }),
  };
  if (type === 'integer' || type === 'number') {
    return { ...base, ...bounds, type: optionTypes[type] } as RegisteredOption;
  }
  if (type !== 'string') return { ...base, type: optionTypes[type] } as RegisteredOption;
  const longest = maxLength === undefined ? {} : { max_length: Math.min(maxLength, mostStringLength) };
  if (suggest) return { ...base, ...longest, type: optionTypes.string, autocomplete: true };
  if (choices && choices.length <= mostChoices) {
    return {
      ...base,
      type: optionTypes.string,
      choices: choices.map((choice) => ({ name: choice, value: choice })),
    };
  }
  return { ...base, ...longest, type: optionTypes.string };
}

/** Names, descriptions and values; the longest of each text's translations counts, as Discord has it. */
function charactersIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + charactersIn(entry), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, entry]) => {
    if (name === 'name' || name === 'description' || name === 'value') {
      const translations = (value as Record<string, unknown>)[`${name}_localizations`] ?? {};
      const texts = [entry, ...Object.values(translations)].map((text) => String(text).length);
      return sum + Math.max(...texts);
    }
    return sum + charactersIn(entry);
  }, 0);
}
