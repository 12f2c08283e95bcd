import type { types } from '@slack/bolt';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandModal, formModal, readSubmission } from '../../../src/adapters/slack/modal.js';
import { imagine } from './commands.js';

const carried = { channel: 'C0ART', thread: '17.1' };

test('every option of a command has its input, but for those that buttons carry', () => {
  const view = commandModal(imagine, carried, { models: ['sprite', 'fox'] });
  expect(view.callback_id).toBe('kiln:form:imagine');
  const blocks = view.blocks as types.InputBlock[];
  const inputs = blocks.map(({ block_id, element, optional }) => [block_id, element.type, optional]);
  expect(inputs).toEqual([
    ['prompt', 'plain_text_input', false],
    ['steps', 'number_input', true],
    ['guidance', 'number_input', true],
    ['scheduler', 'static_select', true],
    ['model', 'static_select', true],
    ['tile', 'checkboxes', true],
    ['image', 'file_input', true],
  ]);
});

test('what was filled in is read as the options’ own types', () => {
  const view = commandModal(imagine, carried, {});
  const file = {
    mimetype: 'image/png',
    url_private: 'https://files.slack.com/a.png',
    name: 'a.png',
    size: 3,
  };
  const values = {
    prompt: { value: { type: 'plain_text_input', value: 'a red fox' } },
    steps: { value: { type: 'number_input', value: '12' } },
    guidance: { value: { type: 'number_input', value: null } },
    scheduler: { value: { type: 'static_select', selected_option: { value: 'euler' } } },
    model: { value: { type: 'static_select', selected_option: null } },
    tile: { value: { type: 'checkboxes', selected_options: [{ value: 'yes' }] } },
    image: { value: { type: 'file_input', files: [file] } },
  };
  expect(readSubmission({ view: { ...view, state: { values } } })).toEqual({
    command: 'imagine',
    options: {
      prompt: 'a red fox',
      steps: 12,
      scheduler: 'euler',
      tile: true,
      image: { url: 'https://files.slack.com/a.png', name: 'a.png', bytes: 3 },
    },
    carried: expect.objectContaining(carried),
  });
});

test('a form carries its job and picture along, and shows what is there already', () => {
  const form = { title: 'Edit the prompt of this picture', command: 'edit', job: '4k2j9d', index: 2 };
  const view = formModal(
    { ...form, fields: [{ name: 'prompt', label: 'Prompt', value: 'a red fox', long: true }] },
    carried,
  );
  expect(view.title.text).toBe('Edit the prompt of this…');
  expect(view.blocks[0]).toMatchObject({ element: { initial_value: 'a red fox', multiline: true } });
  const values = { prompt: { value: { type: 'plain_text_input', value: 'a blue fox' } } };
  expect(readSubmission({ view: { ...view, state: { values } } })).toMatchObject({
    command: 'edit',
    options: { prompt: 'a blue fox', job: '4k2j9d', index: 2 },
  });
});

test('whatever a form says, its modal keeps Slack’s limits', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5000 });
  const field = fc.record({
    name: fc.constant('a'),
    label: text,
    value: text,
    placeholder: text,
    most: fc.integer({ min: 1, max: 9000 }),
  });
  const form = fc.record({
    title: text,
    command: fc.constant('edit'),
    job: fc.constant('a'),
    fields: fc.array(field),
  });
  const place = fc.record({ channel: fc.constant('C0ART'), responseUrl: text });
  fc.assert(
    fc.property(form, place, (one, where) => {
      const view = formModal(one, where);
      expect(view.title.text.length).toBeLessThanOrEqual(24);
      expect(view.private_metadata!.length).toBeLessThanOrEqual(3000);
      for (const block of view.blocks as types.InputBlock[]) {
        if (block.element.type !== 'plain_text_input') throw new Error(block.element.type);
        expect(block.label.text.length).toBeLessThanOrEqual(2000);
        expect(block.element.initial_value!.length).toBeLessThanOrEqual(block.element.max_length!);
        expect(block.element.max_length).toBeLessThanOrEqual(3000);
        expect(block.element.placeholder!.text.length).toBeLessThanOrEqual(150);
      }
    }),
    { numRuns: 200 },
  );
});

test('whatever is filled in, it is read or left alone', () => {
  const state = fc.record(
    {
      type: fc.constantFrom(
        'plain_text_input',
        'number_input',
        'static_select',
        'checkboxes',
        'file_input',
        'x',
      ),
      value: fc.anything(),
      selected_option: fc.anything(),
      selected_options: fc.anything(),
      files: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const view = fc.record({
    callback_id: fc.constantFrom('kiln:form:imagine', 'kiln:form:', 'x'),
    private_metadata: fc.oneof(fc.json(), fc.string()),
    state: fc.record({ values: fc.dictionary(fc.string(), fc.record({ value: state })) }),
  });
  fc.assert(
    fc.property(fc.oneof(view, fc.anything()), (one) => {
      const read = readSubmission({ view: one });
      if (read) expect(typeof read.command).toBe('string');
    }),
    { numRuns: 3000 },
  );
});
