/**
 * From the repository haskell-cryptography/cacophony, vectors/cacophony.txt: the three protocols whose
 * parts our hybrid patterns are made of. Hex. Messages alternate from the initiator; those past the
 * handshake are transport messages.
 */
export interface NoiseVector {
  protocolName: string;
  prologue: string;
  initiatorStatic: string;
  initiatorEphemeral: string;
  responderStatic: string;
  responderEphemeral: string;
  handshakeHash: string;
  psk?: string;
  messages: { payload: string; ciphertext: string }[];
}

export const NOISE_VECTORS: NoiseVector[] = [
  {
    protocolName: 'Noise_KK_25519_AESGCM_SHA256',
    prologue: '4a6f686e2047616c74',
    initiatorStatic: 'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1',
    initiatorEphemeral: '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
    responderStatic: '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893',
    responderEphemeral: 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
    handshakeHash: 'c03693acd830588fac76dd414c9e100e8c601d27511de855100239f7705fa3f2',
    messages: [
      {
        payload: '4c756477696720766f6e204d69736573',
        ciphertext:
          'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79448564738a841228e693caeec4c497a8bd562231c3e51a1f03c4fd45dfe3a67870',
      },
      {
        payload: '4d757272617920526f746862617264',
        ciphertext:
          '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843b94504c4d83506f5dd2568b68490eba8ed6f9cf2cca194a273c56d7ae3c558',
      },
      {
        payload: '462e20412e20486179656b',
        ciphertext: '6a5c10a201d4e3a08f79f64949e55731f774913a4d949bda3fcebf',
      },
      {
        payload: '4361726c204d656e676572',
        ciphertext: '4e8a1bf06926fdd74e2f516e2b0c11cc1dc3387fadeb75389d4342',
      },
      {
        payload: '4a65616e2d426170746973746520536179',
        ciphertext: 'c1df7194ca8ea51d4dd99059bc9b90288112d47237d8481f1773fb26a31629a05c',
      },
      {
        payload: '457567656e2042f6686d20766f6e2042617765726b',
        ciphertext: '3edba4feaf590ee88dd8f5fba51db4bee651cf41afd410fe476c524ac9b1db24252fc55ff8',
      },
    ],
  },
  {
    protocolName: 'Noise_XX_25519_AESGCM_SHA256',
    prologue: '4a6f686e2047616c74',
    initiatorStatic: 'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1',
    initiatorEphemeral: '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
    responderStatic: '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893',
    responderEphemeral: 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
    handshakeHash: '1b7aefb1125762aa21a252890d00af54519638b76437444538f9a52f21e2e0dc',
    messages: [
      {
        payload: '4c756477696720766f6e204d69736573',
        ciphertext:
          'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573',
      },
      {
        payload: '4d757272617920526f746862617264',
        ciphertext:
          '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843757117acceb05bd7a45733bc22015c97a9d0cbaf41b80446d5988ff5127235d76b79eade70f473d6a4ef521fdcbeda5340d01e028ba793fc059f2724a83af05f12dda0448a7621a926b379a92477fd',
      },
      {
        payload: '462e20412e20486179656b',
        ciphertext:
          'c90f1cf77eba4e50edb038991565e36c9758943a989229b6051244dc4fbecb6946744b401af2ee1a5881b65fbb87fd07cb6a328ececc9ce6ce84c399dc332d4fd521fa4bb7f467ce909395',
      },
      {
        payload: '4361726c204d656e676572',
        ciphertext: 'bc3fa77f6aca3e8466d7dc6bea10013e88a6a29add5132b461806c',
      },
      {
        payload: '4a65616e2d426170746973746520536179',
        ciphertext: '250b01074cdfe0df2ecf8ccbf1737b15a2ddb5b52fd9a396604e9c793cee3b3bb9',
      },
      {
        payload: '457567656e2042f6686d20766f6e2042617765726b',
        ciphertext: '449d4d433b3cdc3d02bf6fc881774b9df54366ebcffb9689bb13f14709822cd7ef42bcdb4d',
      },
    ],
  },
  {
    protocolName: 'Noise_KKpsk0_25519_AESGCM_SHA256',
    prologue: '4a6f686e2047616c74',
    initiatorStatic: 'e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1',
    initiatorEphemeral: '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
    responderStatic: '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893',
    responderEphemeral: 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
    handshakeHash: '574508da75f9e5a1c25707190adc49e63c754ec27a4183d9e6acc312e076613a',
    psk: '54686973206973206d7920417573747269616e20706572737065637469766521',
    messages: [
      {
        payload: '4c756477696720766f6e204d69736573',
        ciphertext:
          'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79441f33bde990995eea7167375d6b68e2a7fa07887dd4f0f21023317d7b04fb0a67',
      },
      {
        payload: '4d757272617920526f746862617264',
        ciphertext:
          '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843e3502578269a63176a4e59632b20df3393996180e261048266e49c0c0d9240',
      },
      {
        payload: '462e20412e20486179656b',
        ciphertext: 'a08f4d4f142f605e9b30daa66784552576b30265889139b97f15cf',
      },
      {
        payload: '4361726c204d656e676572',
        ciphertext: '5871e43af881754e8ba7def42a69c23bfc9f7d47c3c1009f8ed986',
      },
      {
        payload: '4a65616e2d426170746973746520536179',
        ciphertext: '9e20a696864cb0e321197abcd721538c2155073c14313c3fa243a65fef13eb0e79',
      },
      {
        payload: '457567656e2042f6686d20766f6e2042617765726b',
        ciphertext: 'c4fa90a3f3e7524bdf5dce131ad0b67a0fa1eedd30f717a42596bef8f53d369b5dc94ce508',
      },
    ],
  },
];
