import { describe, expect, it } from 'vitest';
import { clickedName, completedName } from '../../../lib/files/clicked-name.ts';

describe('the name of something a person clicked', () => {
  it.each([
    ['https://a.example/pics/cat.jpg?size=2', 'image/jpeg', 'cat.jpg'],
    ['https://a.example/pics/cat', 'image/png', 'cat.png'],
    ['https://a.example/pics/cat', 'image/png; charset=x', 'cat.png'],
    ['https://a.example/%E7%8C%AB.webp', 'image/webp', '猫.webp'],
    ['https://a.example/100%', 'image/gif', '100%.gif'],
    ['https://a.example/', 'image/gif', 'image.gif'],
    ['https://a.example/dir/', 'image/gif', 'dir.gif'],
    ['data:image/png;base64,AAAA', 'image/png', 'image.png'],
    ['blob:https://a.example/1234', 'video/mp4', 'image.mp4'],
    ['', 'application/x-unknown', 'image'],
    ['not an address', 'image/png', 'image.png'],
  ])('%s as %s → %s', (address, mime, name) => {
    expect(clickedName(address, mime, 'image')).toBe(name);
  });

  it('completes what is a name already, and does not read it as an address', () => {
    expect(completedName('dusk.jpg', 'image/jpeg', 'image')).toBe('dusk.jpg');
    expect(completedName('dusk', 'image/jpeg', 'image')).toBe('dusk.jpg');
    expect(completedName('', 'image/png', 'image')).toBe('image.png');
  });
});
