import { randomUUID } from 'node:crypto';
import { type Call, type Method, needed, structure, writableChannel } from '../call.js';
import { addMessage, fileWire, findMessage, messageWire } from '../messages.js';
import { refuse } from '../refusal.js';
import type { Wire } from '../wire.js';
import type { StoredFile } from '../world.js';
import { contentOf } from './chat.js';

/** Upload tickets: the path under `/upload/v1/` and the file it is for. */
export type Uploads = Map<string, StoredFile>;

/** The methods about files. `uploads` is shared with the server, which takes the bytes. */
export function createFileMethods(uploads: Uploads): Readonly<Record<string, Method>> {
  return {
    'files.getUploadURLExternal': ({ world, args, team }) => {
      const length = Number(needed(args, 'length'));
      const name = needed(args, 'filename');
      if (!Number.isInteger(length) || length < 1) refuse('invalid_arguments', `length is ${args.length}`);
      if (length > 1024 ** 3) refuse('file_upload_size_restricted', `length is ${length}`);
      const file: StoredFile = {
        id: world.id('F'),
        team: team.id,
        name,
        title: name,
        alt: `${args.alt_txt ?? args.alt_text ?? ''}`,
        user: team.botUser,
        length,
        bytes: undefined,
        completedAt: undefined,
        deleted: false,
        shares: [],
      };
      world.files.set(file.id, file);
      const ticket = randomUUID();
      uploads.set(ticket, file);
      return { upload_url: `${world.host}/upload/v1/${ticket}`, file_id: file.id };
    },
    'files.completeUploadExternal': complete,
    'files.info': (call) => ({ file: fileWire(call.world, fileOf(call)), comments: [] }),
    'files.delete': (call) => {
      const file = fileOf(call);
      if (file.user !== call.team.botUser) refuse('cant_delete_file');
      file.deleted = true;
      // The share goes with its file where nothing else was said in it.
      for (const { channel, ts } of file.shares) {
        const share = findMessage(call.world, channel, ts);
        if (!share) continue;
        share.files = share.files.filter((one) => one !== file);
        if (share.files.length === 0 && share.text === '' && share.blocks.length === 0) share.deleted = true;
      }
      call.world.changed();
      return {};
    },
  };
}

function fileOf({ world, args, team }: Call): StoredFile {
  const file = world.files.get(needed(args, 'file'));
  if (!file || file.team !== team.id) return refuse('file_not_found');
  if (file.deleted) return refuse('file_deleted');
  return file;
}

const complete: Method = (call) => {
  const { world, args, team } = call;
  const wanted = structure(args, 'files', 'invalid_arguments') as Wire[] | undefined;
  if (!Array.isArray(wanted) || wanted.length === 0) return refuse('invalid_arguments', 'files is missing');
  const files = wanted.map(({ id, title }) => {
    const file = world.files.get(id);
    if (!file || file.team !== team.id || file.deleted) return refuse('file_not_found');
    if (!file.bytes) return refuse('file_not_found', `${id} was never uploaded`);
    if (file.completedAt !== undefined) return refuse('file_not_found');
    if (title) file.title = title;
    return file;
  });
  const id = args.channel_id ?? args.channels;
  const channel = id ? writableChannel({ ...call, args: { ...args, channel: id } }) : undefined;
  for (const file of files) file.completedAt = Date.now();
  if (channel) {
    const said = {
      ...args,
      text: args.initial_comment ?? ' ',
      blocks: args.initial_comment ? undefined : args.blocks,
    };
    const { blocks } = contentOf({ ...call, args: said });
    // People see the share when the file has been processed, which is after the answer.
    const timer = setTimeout(() => {
      const message = addMessage(world, channel, {
        user: team.botUser,
        bot: true,
        text: args.initial_comment ?? '',
        blocks,
        files,
        thread: args.thread_ts,
        arguments: args,
      });
      for (const file of files) file.shares.push({ channel: channel.id, ts: message.ts });
      if (channel.kind === 'im') {
        const share = { ...messageWire(world, message), subtype: 'file_share' };
        call.echo({ ...share, channel: channel.id, channel_type: 'im', event_ts: message.ts }, team);
      }
    }, world.fileDelay);
    timer.unref();
  }
  return { files: files.map((file) => fileWire(world, file)) };
};
