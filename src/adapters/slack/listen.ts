import type { App } from '@slack/bolt';
import type { Command } from '../../command.js';
import { readSubmission } from './modal.js';
import { type Asked, readHome, readMessage, readPress, readShortcut, readSlash } from './options.js';
import { at, idAt, listAt } from './payload.js';

/** How one thing that somebody asked is answered on Slack. */
export interface Way {
  /** Says that it has arrived, with words for slash commands; left out for events, acknowledged by resolving. */
  readonly ack?: (words?: string) => Promise<void>;
  /** Delivered before. */
  readonly again: boolean;
  /** From App Home. */
  readonly home?: boolean;
  /** Milliseconds since 1970 until which the response URL works, where it is not a new one. */
  readonly responseUntil?: number;
}

/**
 * Listens to everything that Kiln answers on Slack.
 *
 * @param take answers what was asked; resolves when Slack may hear that it arrived
 */
export function listen(
  app: App,
  to: {
    readonly commands: readonly Command[];
    take(asked: Asked, way: Way): Promise<void>;
    /** Opens the form of a command, with every option. */
    openForm(asked: Asked, way: Way): Promise<void>;
    openHome(asked: { readonly key: string; readonly team: string; readonly user: string }): Promise<void>;
    uninstall(team: string): Promise<void>;
  },
): void {
  const words = to.commands.filter(({ ways }) => ways.includes('typed')).map(({ name }) => name);
  const menu = new Set(to.commands.filter(({ ways }) => ways.includes('menu')).map(({ name }) => name));

  async function message({
    body,
    context,
  }: {
    body: unknown;
    context: Record<string, unknown>;
  }): Promise<void> {
    const team = teamOf(context, body);
    const botUser = typeof context.botUserId === 'string' ? context.botUserId : undefined;
    const asked = readMessage(body, { botUser, team, words });
    if (asked) await to.take(asked, { again: Number(context.retryNum ?? 0) > 0 });
  }

  app.event('app_mention', message);
  app.event('message', message);

  app.event('app_home_opened', async ({ body, context }) => {
    const team = teamOf(context, body);
    const opened = readHome(body, team);
    if (opened) await to.openHome({ ...opened, team });
  });

  app.event('app_uninstalled', async ({ body, context }) => to.uninstall(teamOf(context, body)));
  app.event('tokens_revoked', async ({ body, context }) => {
    if (listAt(body, 'event', 'tokens', 'bot').length > 0) await to.uninstall(teamOf(context, body));
  });

  app.command(/^\/(imagine|kiln)$/, async ({ body, ack, context }) => {
    const asked = readSlash(body, teamOf(context, body));
    if (!asked) return ack();
    const drawsNothing = asked.command === 'imagine' && asked.options.typed === '';
    await (drawsNothing ? to.openForm : to.take)(asked, { ack, again: false });
  });

  app.action(/^kiln:/, async ({ body, ack, context }) => {
    const asked = readPress(body, teamOf(context, body));
    if (!asked) return ack();
    await to.take(asked, { ack: () => ack(), again: false, home: at(body, 'container', 'type') === 'view' });
  });

  app.shortcut({ type: 'message_action' }, async ({ body, ack, context }) => {
    const botUser = typeof context.botUserId === 'string' ? context.botUserId : undefined;
    const asked = readShortcut(body, teamOf(context, body), botUser);
    if (!asked || !menu.has(asked.command)) return ack();
    await to.take(asked, { ack: () => ack(), again: false });
  });

  app.view(/^kiln:form:/, async ({ body, ack, context }) => {
    const filled = readSubmission(body);
    const user = idAt(body, 'user', 'id');
    const id = idAt(body, 'view', 'id');
    if (!filled || !user) return ack();
    const { channel, thread, responseUrl, responseUntil } = filled.carried;
    const trigger = idAt(body, 'trigger_id');
    const asked: Asked = {
      key: `slack:view:${id ?? trigger}`,
      team: teamOf(context, body),
      user,
      channel,
      thread,
      direct: channel?.startsWith('D') ?? true,
      command: filled.command,
      options: filled.options,
      responseUrl,
      ...(trigger && { trigger }),
    };
    await to.take(asked, { ack: () => ack(), again: false, responseUntil });
  });
}

function teamOf(context: Record<string, unknown>, body: unknown): string {
  const team = context.teamId ?? context.enterpriseId ?? at(body, 'team_id') ?? at(body, 'team', 'id');
  return typeof team === 'string' ? team : '';
}
