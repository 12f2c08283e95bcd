import { get, newKey, post, sentence } from './api.js';
import { createComposer } from './composer.js';
import { byId, element } from './dom.js';
import { openForm } from './form.js';
import { createPanel } from './panels.js';
import { openPicture } from './picture.js';
import { createRoom } from './room.js';
import { followTheme } from './theme.js';

const examples = ['a red heart', 'a smiling cat face --count 4', 'a slice of pizza --seed 7', '/help'];
const pages = ['chat', 'gallery', 'stats'];

let name = 'you';
let commands = [];
/** What was asked and not yet heard of, by key. */
const pending = new Set();

followTheme(byId('theme'));

const room = createRoom({
  name: () => name,
  press,
  openPicture: ({ view }, index) => openPicture(view, index, press),
  openItem: (item) => gallery.openItem(item),
  dismiss: (id) => post('/dismiss', { id }).catch(complain),
});
const composer = createComposer(() => commands, send);
const tools = { commands: () => commands, press };
const gallery = createPanel('gallery', 'history', ['search'], tools);
const stats = createPanel('stats', 'stats', ['period', 'person', 'channel', 'model', 'csv'], tools);

byId('chips').replaceChildren(
  ...examples.map((example) =>
    element('li', {}, element('button', { type: 'button', onclick: () => composer.start(example) }, example)),
  ),
);

/** Asks in the room: what was asked is seen at once, the answer as it comes. */
async function send(body, pictures) {
  const text = body.text ?? `/${body.command} ${Object.values(body.options).join(' ')}`;
  return ask('/ask', body, { text }, pictures);
}

async function press(button, made) {
  made?.setAttribute('aria-busy', 'true');
  const { command, job, index, label } = button;
  try {
    const asked = { text: label, pressed: true };
    const outcome = await ask('/press', { command, job, index, label: asked.text.slice(0, 80) }, asked);
    if (outcome.message) location.hash = '#chat';
    return outcome.message !== undefined;
  } catch (error) {
    complain(error);
    return true;
  } finally {
    made?.removeAttribute('aria-busy');
  }
}

async function ask(path, body, asked, pictures) {
  const key = newKey();
  pending.add(key);
  room.show({ id: key, order: Number.POSITIVE_INFINITY, by: name, asked, private: false }, { quiet: true });
  room.toEnd();
  try {
    const outcome = await post(path, { key, ...body }, pictures);
    if (outcome.message === undefined) forget(key);
    if (outcome.form) fillIn(outcome.form);
    return outcome;
  } catch (error) {
    forget(key);
    throw error;
  }
}

/** Takes back what the page showed ahead of the server. */
function forget(key) {
  if (pending.delete(key)) room.remove(key);
}

function fillIn({ title, command, job, index, fields }) {
  openForm(title, fields, 'Send', async (values) => {
    try {
      await ask('/form', { command, job, index, title, fields: values }, { text: title });
    } catch (error) {
      throw new Error(sentence(error));
    }
    location.hash = '#chat';
  });
}

function complain(error) {
  location.hash = '#chat';
  composer.say(sentence(error));
}

function listen() {
  const events = new EventSource('/events');
  let quiet = true;
  events.addEventListener('hello', ({ data }) => {
    const hello = JSON.parse(data);
    name = hello.name;
    byId('offline').hidden = true;
    if (!hello.fresh) return;
    room.clear();
    quiet = true;
    // What is there already comes at once, and is not news.
    setTimeout(() => (quiet = false), 500);
  });
  events.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    const first = !pending.delete(message.id) && !room.has(message.id);
    room.show(message, { quiet: quiet && first });
  });
  events.addEventListener('gone', ({ data }) => room.remove(JSON.parse(data).id));
  events.addEventListener('error', () => {
    byId('offline').hidden = false;
    // A browser gives up after an answer that is no stream, as while Kiln starts anew.
    if (events.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, 2000);
  });
}

function turnTo() {
  const page = pages.find((one) => location.hash === `#${one}`) ?? 'chat';
  for (const one of pages) byId(one).hidden = one !== page;
  byId('composer').hidden = page !== 'chat';
  for (const link of document.querySelectorAll('.bar nav a')) {
    if (link.hash === `#${page}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (page === 'gallery') gallery.open();
  if (page === 'stats') stats.open();
  if (page === 'chat') room.toEnd();
}

async function start() {
  commands = await get('/commands').catch(() => []);
  byId('stats-link').hidden = !commands.some((command) => command.name === 'stats');
  addEventListener('hashchange', turnTo);
  turnTo();
  listen();
  composer.focus();
}

start();
