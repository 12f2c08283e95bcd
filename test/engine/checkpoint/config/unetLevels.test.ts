import { expect, test } from 'vitest';
import { UNetConfig } from '../../../../src/engine/checkpoint/config/unet.js';
import { type UNetLevel, unetLevels } from '../../../../src/engine/checkpoint/config/unetLevels.js';
import { recorded } from './recorded.js';

/** A level as scripts/golden/configs.py writes blocks down: transformers only where they are. */
function asRecorded({ type, channels, transformerLayers, heads }: UNetLevel) {
  const attends = type.startsWith('CrossAttn');
  return {
    type,
    channels,
    resnets: transformerLayers.length,
    transformerLayers: attends ? transformerLayers : [],
    heads: attends ? transformerLayers.map(() => heads) : [],
  };
}

test.each(recorded.unets.map((unet) => [JSON.stringify(unet.config.attention_head_dim), unet] as const))(
  'a U-Net with attention_head_dim %s has the levels that diffusers builds',
  (_, { config, down, mid, up }) => {
    const levels = unetLevels(UNetConfig.parse(config));
    expect(levels.down.map(asRecorded)).toEqual(down);
    expect(levels.up.map(asRecorded)).toEqual(up);
    if (mid.heads.length > 0) {
      expect([levels.mid.transformerLayers]).toEqual(mid.transformerLayers);
      expect([levels.mid.heads]).toEqual(mid.heads);
    }
  },
);
