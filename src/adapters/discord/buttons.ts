import { type APIButtonComponentWithCustomId, ButtonStyle, ComponentType } from 'discord.js';
import type { Button, Reply } from '../../request.js';
import { customIdOf } from './customId.js';
import { cutText } from './text.js';

export interface ButtonRow {
  readonly type: ComponentType.ActionRow;
  readonly components: readonly APIButtonComponentWithCustomId[];
}

/** Discord's limits. */
const mostRows = 5;
const mostInRow = 5;
const mostLabel = 80;

/**
 * A reply's buttons, those of its items first, in at most five rows of at most five. Discord shows them below all items,
 * so that those of several items carry the item's number. Where two would do the same, the second is left out: Discord
 * wants each id once.
 *
 * @example body.components = buttonRows(reply);
 */
export function buttonRows(reply: Pick<Reply, 'buttons' | 'items'>): ButtonRow[] {
  const own = (reply.buttons ?? []).flatMap((row) => chunks(row)).slice(0, mostRows);
  const numbered = areNumbered(reply);
  const ofItems = (reply.items ?? []).map(({ buttons = [] }, index) =>
    numbered
      ? buttons.map((button) => ({ ...button, label: `${index + 1} ${button.label}`.trim() }))
      : buttons,
  );
  const room = mostRows - own.length;
  // A row for each item is easier to find than a block, where there is room for it.
  const apart = ofItems.flatMap((row) => chunks(row));
  const rows = [...(apart.length <= room ? apart : chunks(ofItems.flat())).slice(0, room), ...own];
  const used = new Set<string>();
  return rows
    .map((row) =>
      row.map(buttonOf).filter(({ custom_id }) => !used.has(custom_id) && Boolean(used.add(custom_id))),
    )
    .filter((row) => row.length > 0)
    .map((components) => ({ type: ComponentType.ActionRow, components }));
}

/** Whether a reply's items need numbers, for their buttons to be told apart. */
export function areNumbered({ items = [] }: Pick<Reply, 'items'>): boolean {
  return items.filter(({ buttons }) => buttons?.length).length > 1;
}

const styles = { danger: ButtonStyle.Danger, primary: ButtonStyle.Primary } as const;

function buttonOf(button: Button): APIButtonComponentWithCustomId {
  // Discord wants one of the two.
  const label = cutText(button.label || (button.emoji ? '' : button.command), mostLabel);
  return {
    type: ComponentType.Button,
    style: button.style ? styles[button.style] : ButtonStyle.Secondary,
    custom_id: customIdOf(button),
    ...(label !== '' && { label }),
    ...(button.emoji && { emoji: { name: button.emoji } }),
  };
}

function chunks(row: readonly Button[]): Button[][] {
  const rows: Button[][] = [];
  for (let at = 0; at < row.length; at += mostInRow) rows.push(row.slice(at, at + mostInRow));
  return rows;
}
