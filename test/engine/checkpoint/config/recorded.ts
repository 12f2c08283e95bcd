import configs from '../../../golden/checkpoint/configs.json' with { type: 'json' };

/** What diffusers and transformers make of configs; written by scripts/golden/configs.py. */
export const recorded = configs;
