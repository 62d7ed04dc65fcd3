import { describe, expect, it } from 'vitest';
import { Layer, LAYER_LIMIT } from '../../src/wire/layer.js';
import { layerOfLinkType, LinkType } from '../../src/wire/link-type.js';
import { Stop, STOP_REASONS } from '../../src/wire/stop-reason.js';

describe('the list of stop reasons', () => {
  it('has each reason at the index of its number', () => {
    expect(STOP_REASONS.map(({ stop }) => stop)).toEqual(Object.values(Stop));
    STOP_REASONS.forEach(({ stop }, index) => {
      expect(stop).toBe(index);
    });
  });

  it('names each once, in kebab-case', () => {
    const names = STOP_REASONS.map(({ reason }) => reason);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });

  it('shares no number with the layers', () => {
    expect(Math.max(...Object.values(Stop))).toBeLessThan(Layer.TCP);
    expect(Math.max(...Object.values(Layer))).toBe(LAYER_LIMIT - 1);
    expect(new Set(Object.values(Layer)).size).toBe(Object.values(Layer).length);
  });
});

describe('the table of link types', () => {
  it.each(Object.entries(LinkType))('%s begins with a layer', (_, linkType) => {
    expect(layerOfLinkType(linkType)).toBeGreaterThan(Layer.TCP);
  });

  it.each([
    [227, Stop.LinkWithoutIp],
    [147, Stop.LinkWithoutIp],
    [2, Stop.UnknownLinkType],
    [65535, Stop.UnknownLinkType],
  ])('%i is no link type of IP', (linkType, stop) => {
    expect(layerOfLinkType(linkType)).toBe(stop);
  });
});
