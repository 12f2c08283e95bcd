/** A table, as the schema and the database both can say it. */
export interface Model {
  readonly fields: readonly {
    readonly name: string;
    readonly type: string;
    readonly optional: boolean;
    readonly default: string | undefined;
  }[];
  readonly id: readonly string[];
  /** By their fields. */
  readonly indexes: readonly { readonly unique: boolean; readonly fields: readonly string[] }[];
  readonly references: readonly { table: string; from: string; to: string; onDelete: string }[];
}

/** What Prisma makes of its types on SQLite. */
const types: Readonly<Record<string, string>> = {
  String: 'TEXT',
  Int: 'INTEGER',
  BigInt: 'BIGINT',
  Boolean: 'BOOLEAN',
  Float: 'REAL',
};

/** The models of a Prisma schema: as much of the language as ours uses. */
export function schemaModels(schema: string): Record<string, Model> {
  const blocks = schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms);
  return Object.fromEntries([...blocks].map(([, name, body]) => [name, modelOf(body!)]));
}

function modelOf(body: string): Model {
  const lines = body
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('//'));
  const columns = lines.filter((line) => types[typeOf(line)]);
  const list = (line: string, name: string) =>
    listed(line.match(new RegExp(`${name}\\(?:? ?\\[(.*?)\\]`))?.[1]);
  return {
    fields: columns.map((line) => ({
      name: nameOf(line),
      type: types[typeOf(line)]!,
      optional: line.split(/\s+/)[1]!.endsWith('?'),
      default: line.match(/@default\((\w+)\)/)?.[1],
    })),
    id: [
      ...columns.filter((line) => / @id\b/.test(line)).map(nameOf),
      ...lines.filter((line) => line.startsWith('@@id')).flatMap((line) => list(line, '@@id')),
    ],
    indexes: [
      ...columns
        .filter((line) => / @unique\b/.test(line))
        .map((line) => ({ unique: true, fields: [nameOf(line)] })),
      ...lines
        .filter((line) => line.startsWith('@@index'))
        .map((line) => ({ unique: false, fields: list(line, '@@index') })),
    ].sort((one, other) => (String(one.fields) < String(other.fields) ? -1 : 1)),
    references: lines
      .filter((line) => line.includes('@relation('))
      .map((line) => ({
        table: typeOf(line),
        from: list(line, 'fields')[0]!,
        to: list(line, 'references')[0]!,
        onDelete: line.match(/onDelete: (\w+)/)![1]!.toLowerCase(),
      })),
  };
}

function nameOf(line: string): string {
  return line.split(/\s+/)[0]!;
}

function typeOf(line: string): string {
  return line.split(/\s+/)[1]?.replace('?', '') ?? '';
}

function listed(text: string | undefined): string[] {
  return text?.split(',').map((name) => name.trim()) ?? [];
}
