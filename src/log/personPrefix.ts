/** Kept values whose names start with this belong to the person, are exported and deleted with them. */
export function personPrefix(person: string): string {
  return `person/${person}/`;
}
