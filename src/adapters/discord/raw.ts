import { z } from 'zod';

/** A Discord id as it comes over the wire. */
const id = z.string().regex(/^\d{1,20}$/);
/** It becomes part of a path: what would lead elsewhere is none. */
const token = z
  .string()
  .max(1000)
  .regex(/^(?!\.+$)[\w.~:+=-]+$/);
const bits = z.string().regex(/^\d{1,30}$/);

const user = z.object({
  id,
  username: z.string().catch('somebody'),
  global_name: z.string().nullish().catch(undefined),
  bot: z.boolean().optional().catch(undefined),
});

const member = z.object({
  user: user.optional(),
  nick: z.string().nullish().catch(undefined),
  roles: z.array(id).catch([]),
  permissions: bits.optional().catch(undefined),
});

const attachment = z.object({
  id: id.optional(),
  filename: z.string().catch('file'),
  url: z.string(),
  size: z.number().optional().catch(undefined),
  content_type: z.string().optional().catch(undefined),
});

/** Rows, labels, buttons and text inputs: three levels are as deep as Kiln's own go. */
const leaf = z.object({
  custom_id: z.string().optional().catch(undefined),
  value: z.string().optional().catch(undefined),
});
const inner = leaf.extend({
  components: z.array(leaf).optional().catch(undefined),
  component: leaf.optional().catch(undefined),
});
const component = leaf.extend({
  components: z.array(inner).optional().catch(undefined),
  component: inner.optional().catch(undefined),
});
export type RawComponent = z.output<typeof component>;

const channel = z.object({
  type: z.number().optional().catch(undefined),
  nsfw: z.boolean().optional().catch(undefined),
  parent_id: id.nullish().catch(undefined),
});

const referred = z.object({
  application_id: id.nullish().catch(undefined),
  author: user.optional().catch(undefined),
  content: z.string().catch(''),
  components: z.array(component).catch([]),
});

const option = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
});

/** INTERACTION_CREATE, what Kiln reads of it. Anything else in it, or missing from it, is not relied on. */
export const rawInteraction = z.object({
  id,
  application_id: id,
  type: z.number(),
  token,
  guild_id: id.optional().catch(undefined),
  channel_id: id.optional().catch(undefined),
  channel: channel.extend({ id: id.optional() }).optional().catch(undefined),
  member: member.optional().catch(undefined),
  user: user.optional().catch(undefined),
  app_permissions: bits.optional().catch(undefined),
  attachment_size_limit: z.number().int().positive().optional().catch(undefined),
  authorizing_integration_owners: z.record(z.string(), z.string()).optional().catch(undefined),
  context: z.number().optional().catch(undefined),
  message: z.object({ id }).optional().catch(undefined),
  data: z
    .object({
      type: z.number().optional().catch(undefined),
      name: z.string().optional().catch(undefined),
      custom_id: z.string().optional().catch(undefined),
      target_id: id.optional().catch(undefined),
      options: z.array(option).catch([]),
      components: z.array(component).catch([]),
      resolved: z
        .object({
          attachments: z.record(z.string(), attachment).catch({}),
          messages: z.record(z.string(), referred).catch({}),
        })
        .catch({ attachments: {}, messages: {} }),
    })
    .optional(),
});
export type RawInteraction = z.output<typeof rawInteraction>;

/** MESSAGE_CREATE, what Kiln reads of it. */
export const rawMessage = z.object({
  id,
  channel_id: id,
  guild_id: id.optional(),
  type: z.number().catch(0),
  author: user,
  member: member.optional().catch(undefined),
  content: z.string().catch(''),
  webhook_id: id.optional(),
  attachments: z.array(attachment).catch([]),
});

/**
 * Milliseconds since 1970 at which an id was made.
 *
 * @example bornAt('175928847299117063') // 1462015105796
 */
export function bornAt(snowflake: string): number {
  return Number(BigInt(snowflake) >> 22n) + 1_420_070_400_000;
}
