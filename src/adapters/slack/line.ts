import type { HTTPReceiver, Receiver, Logger as SlackLogger } from '@slack/bolt';

/** One way that Slack and Kiln are connected. */
export interface Line {
  readonly receiver: Receiver;
  readonly connected: boolean;
  /** Where it takes requests, if it does. */
  readonly address: string | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface LineOptions {
  readonly port: number;
  readonly host: string;
  readonly apiUrl?: string;
  readonly logger: SlackLogger;
  readonly oauth?: Pick<
    ConstructorParameters<typeof HTTPReceiver>[0],
    'clientId' | 'clientSecret' | 'stateSecret' | 'scopes' | 'installationStore' | 'installerOptions'
  >;
}
