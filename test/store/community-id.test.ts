import { describe, expect, it } from 'vitest';
import { communityId } from '../../src/store/community-id.js';

/** The TCP flows of baseline/baseline_deflt.json and README.md of corelight/community-id-spec: version 1, seed 0. */
const PUBLISHED = [
  ['128.232.110.120', 34855, '66.35.250.204', 80, '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  ['2001:470:e5bf:dead:4957:2174:e82c:4887', 63943, '2607:f8b0:400c:c03::1a', 25, '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4='],
  ['127.0.0.1', 1234, '10.0.0.1', 80, '1:mgRgpIZSu0KHDp/QrtcWZpkJpMU='],
] as const;

describe('the Community ID', () => {
  it.each(PUBLISHED)(
    'of %s:%d and %s:%d is the published one, in both directions',
    (ip, port, otherIp, otherPort, id) => {
      expect(communityId(ip, port, otherIp, otherPort)).toBe(id);
      expect(communityId(otherIp, otherPort, ip, port)).toBe(id);
    },
  );

  it('tells flows apart that differ in one port', () => {
    expect(communityId('10.0.0.1', 1, '10.0.0.1', 2)).not.toBe(communityId('10.0.0.1', 1, '10.0.0.1', 3));
  });
});
