import { createHash } from 'node:crypto';
import type { Button, Reply, Shown, Text } from '../../request.js';
import type { Downloads } from './downloads.js';

/** A picture as the page shows it. */
export interface ShownPicture {
  readonly src: string;
  readonly name: string;
  readonly alt: string;
  readonly width?: number;
  readonly height?: number;
}

/** A reply as the page is sent it: the same, with addresses in place of bytes. */
export interface View {
  readonly text: Text;
  readonly items?: readonly {
    readonly title: Text;
    readonly body?: Text;
    readonly picture?: ShownPicture;
    readonly buttons?: readonly Button[];
  }[];
  readonly pictures?: readonly ShownPicture[];
  readonly files?: readonly { readonly href: string; readonly name: string; readonly bytes: number }[];
  readonly buttons?: readonly (readonly Button[])[];
  readonly progress?: { readonly step: number; readonly steps: number; readonly preview?: string };
}

/** Where the bytes of a reply go. */
export interface ViewKeeping {
  /** Keeps a picture; gives its key. */
  keep(bytes: Uint8Array, ending: string): Promise<string>;
  readonly downloads: Downloads;
}

const endings: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/webp': 'webp',
  'image/jpeg': 'jpg',
};

/**
 * Keeps a reply's bytes and gives what the page shows in their place. Previews travel inside: each is looked at once.
 *
 * @example await viewOf({ text: ['Hello'] }, { keep: keepUpload, downloads }) // { text: ['Hello'] }
 */
export async function viewOf(reply: Reply, keeping: ViewKeeping): Promise<View> {
  const { text, items, pictures, files, buttons, progress } = reply;
  return {
    text,
    ...(items && {
      items: await inTurn(items, async ({ title, body, picture, buttons }) => ({
        title,
        body,
        picture: picture && (await pictureOf(picture, keeping)),
        buttons,
      })),
    }),
    ...(pictures && { pictures: await inTurn(pictures, (picture) => pictureOf(picture, keeping)) }),
    ...(files && {
      files: files.map((file) => ({
        href: `/files/${keeping.downloads.add(file)}`,
        name: file.name,
        bytes: file.bytes.length,
      })),
    }),
    ...(buttons && { buttons: buttons.filter((row) => row.length > 0) }),
    ...(progress && {
      progress: {
        step: progress.step,
        steps: progress.steps,
        preview: progress.preview && dataUrl(progress.preview),
      },
    }),
  };
}

/** The key of these bytes as the storage makes it. */
export function keyOf(bytes: Uint8Array, ending: string): string {
  return `${createHash('sha256').update(bytes).digest('hex')}.${ending}`;
}

async function pictureOf(shown: Shown, { keep }: ViewKeeping): Promise<ShownPicture> {
  const ending = endings[shown.type];
  if (!ending) throw new Error(`${shown.name} is ${shown.type}, want a picture`);
  const key = await keep(shown.bytes, ending);
  const { name, alt = '', width, height } = shown;
  return { src: `/pictures/${key}`, name, alt, width, height };
}

function dataUrl({ type, bytes }: Shown): string {
  return `data:${type};base64,${bytes.toString('base64')}`;
}

async function inTurn<In, Out>(list: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const done: Out[] = [];
  for (const item of list) done.push(await work(item));
  return done;
}
