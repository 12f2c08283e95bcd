import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  type Client,
  MessageFlags,
  ModalBuilder,
  Routes,
  SlashCommandBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connected } from './connected.js';
import { type FakeDiscord, startFakeDiscord } from './fakeDiscord.js';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==',
  'base64',
);

const imagine = new SlashCommandBuilder()
  .setName('imagine')
  .setDescription('Draw')
  .setContexts(0, 1, 2)
  .setIntegrationTypes(0, 1)
  .addStringOption((option) => option.setName('prompt').setDescription('What').setRequired(true))
  .addStringOption((option) => option.setName('model').setDescription('Which').setAutocomplete(true))
  .addIntegerOption((option) => option.setName('steps').setDescription('How').setMinValue(1).setMaxValue(150))
  .addAttachmentOption((option) => option.setName('image').setDescription('From'));

let discord: FakeDiscord;
let client: Client<true>;

beforeEach(async () => {
  discord = await startFakeDiscord({ identifyWindow: 0 });
  discord.guild();
  client = await connected(discord);
  await client.application.commands.set([
    imagine.toJSON(),
    { name: 'Re-imagine', type: 3, contexts: [0, 1, 2] },
  ]);
});

afterEach(async () => {
  await client.destroy();
  await discord.close();
  discord.assertNoBreach();
});

test('the client connects and knows its servers, and its commands are registered', () => {
  expect(client.user.id).toBe(discord.botId);
  expect(client.guilds.cache.size).toBe(1);
  expect(discord.commands().map(({ name }) => name)).toEqual(['imagine', 'Re-imagine']);
});

test('a slash command is deferred and its answer edited to show a file, which can be downloaded', async () => {
  client.on('interactionCreate', async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    expect(interaction.options.getString('prompt')).toBe('a red fox');
    expect(interaction.inCachedGuild()).toBe(true);
    expect(interaction.attachmentSizeLimit).toBe(10 * 1024 * 1024);
    const image = interaction.options.getAttachment('image', true);
    const given = await fetch(image.url);
    expect(Buffer.from(await given.arrayBuffer())).toEqual(png);
    await interaction.deferReply();
    await interaction.editReply({
      content: `<@${interaction.user.id}> "@everyone"`,
      files: [{ attachment: png, name: 'fox.png', description: 'a red fox' }],
      allowedMentions: { users: [interaction.user.id] },
    });
  });
  const ada = discord.user({ name: 'ada' });
  const channel = discord.channel();
  const answer = ada.slash(channel, 'imagine', {
    prompt: 'a red fox',
    image: { bytes: png, name: 'start.png' },
  });
  expect(await answer.acknowledged).toBeLessThan(3000);
  const message = await answer.until(({ files }) => files.length === 1);
  expect(message.loading).toBe(false);
  expect(message.history.map(({ content }) => content)).toEqual(['', `<@${ada.id}> "@everyone"`]);
  expect(message.files[0]).toMatchObject({
    name: 'fox.png',
    description: 'a red fox',
    width: 1,
    type: 'image/png',
  });
  expect(discord.pings).toEqual([
    { users: [ada.id], roles: [], everyone: false, message: message.id, channel: channel.id },
  ]);
  const download = await fetch(message.files[0]!.url);
  expect(Buffer.from(await download.arrayBuffer())).toEqual(png);
  expect(discord.messages(channel).map(({ id }) => id)).toEqual([message.id]);
});

test('a button opens a form, and the filled-in form changes the message', async () => {
  client.on('interactionCreate', async (interaction) => {
    if (interaction.isChatInputCommand()) {
      const edit = new ButtonBuilder().setCustomId('edit:1').setLabel('Edit').setStyle(ButtonStyle.Primary);
      const row = new ActionRowBuilder<ButtonBuilder>().addComponents(edit);
      const { resource } = await interaction.reply({
        content: 'a fox',
        components: [row],
        withResponse: true,
      });
      expect(resource?.message?.content).toBe('a fox');
    } else if (interaction.isButton()) {
      const input = new TextInputBuilder()
        .setCustomId('prompt')
        .setLabel('Prompt')
        .setStyle(TextInputStyle.Paragraph)
        .setValue(interaction.message.content);
      const row = new ActionRowBuilder<TextInputBuilder>().addComponents(input);
      await interaction.showModal(new ModalBuilder().setCustomId('form').setTitle('Edit').addComponents(row));
    } else if (interaction.isModalSubmit() && interaction.isFromMessage()) {
      await interaction.update({ content: interaction.fields.getTextInputValue('prompt'), components: [] });
    }
  });
  const ada = discord.user();
  const shown = ada.slash(discord.channel(), 'imagine', { prompt: 'a fox' });
  const press = ada.press(await shown.until(({ buttons }) => buttons.length === 1), 'Edit');
  await press.acknowledged;
  expect(press.modal?.fields).toMatchObject([{ label: 'Prompt', value: 'a fox', long: true }]);
  await ada.submit(press.modal!, { Prompt: 'an owl' }).acknowledged;
  expect(shown.message()).toMatchObject({ content: 'an owl', buttons: [] });
});

test('what is typed is completed', async () => {
  client.on('interactionCreate', async (interaction) => {
    if (!interaction.isAutocomplete()) return;
    expect(interaction.options.getFocused(true)).toMatchObject({ name: 'model', value: 'sd' });
    await interaction.respond([{ name: 'SD 1.5', value: 'sd15' }]);
  });
  const typing = discord.user().autocomplete(discord.channel(), 'imagine', { model: 'sd' }, 'model');
  await typing.acknowledged;
  expect(typing.choices).toMatchObject([{ name: 'SD 1.5', value: 'sd15' }]);
});

test('a mention and a direct message are answered; other words do not reach the bot', async () => {
  const heard: string[] = [];
  client.on('messageCreate', async (message) => {
    if (message.author.bot) return;
    heard.push(message.content);
    if (message.content) await message.reply({ content: 'drawing', allowedMentions: { repliedUser: false } });
  });
  const ada = discord.user();
  const channel = discord.channel({ thread: true });
  ada.say(channel, 'nothing to do with it');
  const answer = ada.say(channel, '@Kiln a red fox');
  expect(await answer.until(({ content }) => content === 'drawing')).toMatchObject({
    answers: answer.said.id,
  });
  await answer.acknowledged;
  const direct = ada.say(discord.channel({ dm: ada }), 'a red fox');
  await direct.until(({ content }) => content === 'drawing');
  expect(heard).toEqual(['', `<@${discord.botId}> a red fox`, 'a red fox']);
  expect(discord.pings).toEqual([]);
});

test('a user install works in a server and in private messages where the bot is not', async () => {
  const seen: unknown[] = [];
  client.on('interactionCreate', async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    const { context, authorizingIntegrationOwners: owners } = interaction;
    seen.push([context, owners.guildId ?? owners.userId, interaction.inGuild(), interaction.inCachedGuild()]);
    await interaction.deferReply();
    await interaction.editReply('drawn');
    const posting = client.rest.post(Routes.channelMessages(interaction.channelId), {
      body: { content: 'hello' },
    });
    await expect(posting).rejects.toMatchObject({ code: 50001 });
  });
  const ada = discord.user();
  const grace = discord.user();
  const elsewhere = discord.guild({ bot: false });
  for (const channel of [
    discord.channel({ guild: elsewhere }),
    discord.channel({ privateWith: [ada, grace] }),
  ]) {
    expect(() => ada.slash(channel, 'imagine', { prompt: 'x' })).toThrow('not installed for the user');
    const answer = ada.slash(channel, 'imagine', { prompt: 'x' }, { userInstall: true });
    await answer.until(({ content }) => content === 'drawn');
  }
  expect(seen).toEqual([
    [0, ada.id, true, false],
    [2, ada.id, false, false],
  ]);
});

test('a private answer is seen by the asker alone, and the bot token cannot touch it', async () => {
  client.on('interactionCreate', async (interaction) => {
    if (!interaction.isMessageContextMenuCommand()) return;
    expect(interaction.targetMessage.content).toBe('a fox');
    await interaction.reply({ content: 'just for you', flags: MessageFlags.Ephemeral });
    await interaction.followUp({ content: 'and for all' });
  });
  const ada = discord.user();
  const channel = discord.channel();
  const { said } = ada.say(channel, 'a fox');
  const answer = ada.menu(said, 'Re-imagine');
  const shown = await answer.until(({ reader }) => reader === ada.id);
  await discord.until(() => answer.followups().length === 1);
  expect(answer.followups()[0]).toMatchObject({ content: 'and for all', answers: shown.id });
  expect(() => discord.user().press(shown, 'x')).toThrow('does not see');
  const here = await client.channels.fetch(channel.id);
  if (!here?.isTextBased()) throw new Error('no text channel');
  await expect(here.messages.edit(shown.id, 'x')).rejects.toMatchObject({ code: 10008 });
});

test('people cannot send what is not registered or out of bounds', () => {
  const ada = discord.user();
  const channel = discord.channel();
  expect(() => ada.slash(channel, 'draw')).toThrow('registered are imagine');
  expect(() => ada.slash(channel, 'imagine', {})).toThrow('prompt is required');
  expect(() => ada.slash(channel, 'imagine', { prompt: 'x', size: 3 })).toThrow('has no option size');
  expect(() => ada.slash(channel, 'imagine', { prompt: 'x', steps: 151 })).toThrow('151 is more than 150');
  expect(() => ada.slash(channel, 'imagine', { prompt: 'x', steps: 1.5 })).toThrow('no integer');
  expect(() => ada.slash(channel, 'imagine', { prompt: 7 })).toThrow('wants text');
});

test('an emoji is made where the bot may, and refused where it may not', async () => {
  const made = await client.guilds.cache.first()!.emojis.create({ attachment: png, name: 'fox' });
  expect(made.name).toBe('fox');
  const poor = discord.guild({ botPermissions: [] });
  await discord.until(() => client.guilds.cache.get(poor.id));
  const create = client.guilds.cache.get(poor.id)!.emojis.create({ attachment: png, name: 'fox' });
  await expect(create).rejects.toMatchObject({ code: 50013 });
});
