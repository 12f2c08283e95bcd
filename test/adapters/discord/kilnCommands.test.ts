import { expect, test } from 'vitest';
import { commands } from '../../../commands/index.js';
import { createStage } from './stage.js';

test("Discord takes all of Kiln's own commands", async () => {
  const stage = await createStage({ commands });
  await stage.connect();
  const typed = commands.filter(({ ways }) => ways.includes('typed')).map(({ name }) => name);
  const menus = commands.filter(({ ways }) => ways.includes('menu')).map(({ menuName }) => menuName);
  const registered = stage.discord.commands().map(({ name }) => name);
  expect(registered.toSorted()).toEqual([...typed, ...menus].toSorted());
  await stage.close();
});
