import { Files, Globe, Image, Link, Music, Type, Video, type IconNode } from 'lucide';
import type { TransferKind } from '../../messaging/snapshot.ts';

export const kindIcons: Readonly<Record<TransferKind, IconNode>> = {
  files: Files,
  image: Image,
  video: Video,
  audio: Music,
  link: Link,
  text: Type,
  page: Globe,
};
