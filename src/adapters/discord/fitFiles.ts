import type { Shown } from '../../request.js';

/** One of the forms of a picture or file. */
export type Form = Pick<Shown, 'name' | 'bytes' | 'type'>;

/** What one request to Discord may carry, less what its other parts take. */
const mostTogether = 25 * 1024 * 1024 - 64 * 1024;

/**
 * For each file the largest of its forms that Discord takes, or undefined where none is small enough.
 *
 * @param limit the most bytes of one file, as the interaction's attachment_size_limit says
 * @example const [picture] = fitFiles([shown], 10_485_760);
 */
export function fitFiles(files: readonly Shown[], limit: number): (Form | undefined)[] {
  const forms = files.map((file) =>
    [file, ...(file.fallbacks ?? [])]
      .filter(({ bytes }) => bytes.length <= limit)
      .sort((a, b) => b.bytes.length - a.bytes.length),
  );
  const together = () => forms.reduce((sum, [first]) => sum + (first?.bytes.length ?? 0), 0);
  while (together() > mostTogether) {
    const size = (list: readonly Form[]) => list[0]?.bytes.length ?? 0;
    forms.reduce((largest, list) => (size(list) > size(largest) ? list : largest)).shift();
  }
  return forms.map(([first]) => first);
}
