import type { FileState, Problem } from './blockKit/report.js';
import { fileOf, fileType, isReady } from './messages.js';
import { refuse } from './refusal.js';
import type { Trigger } from './triggers.js';
import type { Wire } from './wire.js';
import type { Channel, Team, World } from './world.js';

/** One call of a Web API method. */
export interface Call {
  world: World;
  args: Wire;
  /** The workspace of the token. */
  team: Team;
  /** Events about what the bot itself did, which Slack sends back to it in DMs. */
  echo(event: Wire, team: Team): void;
  /** Uses up a trigger; refuses where it is too old, used or unknown. */
  trigger(id: unknown): Trigger;
}

export type Method = (call: Call) => Wire;

/** A string argument that must be there. */
export function needed(args: Wire, name: string): string {
  const value = args[name];
  if (value === undefined || value === '') refuse('invalid_arguments', `${name} is missing`);
  return `${value}`;
}

/** An argument that forms carry as JSON. */
export function structure(args: Wire, name: string, error: string): Wire | undefined {
  const value = args[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'object') return value as Wire;
  try {
    return JSON.parse(`${value}`) as Wire;
  } catch {
    return refuse(error, `${name} is not JSON`);
  }
}

export const isTrue = (value: unknown) => value === true || value === 'true' || value === '1' || value === 1;

/** The channel that a call is about, as far as the bot may know it. */
export function channelOf({ world, args, team }: Call): Channel {
  const id = needed(args, 'channel');
  const channel = world.channels.get(id);
  if (!channel || channel.team !== team.id) refuse('channel_not_found');
  if (channel.kind !== 'public' && !channel.bot) refuse('channel_not_found');
  return channel;
}

/** The channel that a call writes to. */
export function writableChannel(call: Call): Channel {
  const channel = channelOf(call);
  if (channel.archived) refuse('is_archived');
  if (!channel.bot) refuse('not_in_channel');
  return channel;
}

/** Whether this workspace's files can stand in blocks. */
export function fileStates(world: World, team: string): FileState {
  return (reference) => {
    const file = fileOf(world, reference);
    if (!file || file.deleted || file.team !== team) return 'unknown';
    if (!isReady(world, file)) return 'waiting';
    return ['png', 'jpg', 'gif'].includes(fileType(file.bytes!).name) ? 'ready' : 'wrong type';
  };
}

/** Refuses when anything is wrong with blocks or a view, in the form that Slack gives its list of complaints. */
export function refuseProblems(error: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const messages = problems.map(({ message, at }) => `${message} [json-pointer:${at}]`);
  const inexcusable = problems.some(({ excused }) => !excused);
  refuse(error, inexcusable ? messages.join('; ') : undefined, {
    errors: messages,
    response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) },
  });
}
