/** The 256 words that people compare, [PR7]. Made by scripts/make-wordlists.ts; part of the protocol, never edited by hand. */
export const CHECK_WORDS: readonly string[] = `
  absurd achieve actor actual advance agent ahead almost
  amazing amused ancient answer anxiety apology april argue
  arrive artist avocado axis bacon balance banner barrel
  basket beauty before believe between bicycle book borrow
  bounce bridge bright brisk brown butter buzz canal
  captain card castle celery century chapter charge chat
  chief chimney choice chuckle civil climb clock coffee
  combine come comfort connect control crane cricket cross
  custom damp debate degree deliver denial desk display
  divide dizzy dolphin domain donor dream drift dune
  easily edit educate element else embark embody employ
  episode equip example exclude exhibit expect fabric faculty
  fashion fence finger fish follow forum forward fossil
  frog fuel gadget garlic general genuine giraffe globe
  gold gospel grab gravity helmet hidden horn hotel
  human hybrid impact inch index invite involve ivory
  jeans jelly journey juice junior keep kingdom kiwi
  lake laptop laundry leader leisure lemon lizard luggage
  luxury lyrics mandate margin maximum melt member merge
  mixture moment motion movie napkin nephew news nominee
  normal observe obvious october olympic online orbit orchard
  oval oyster paper parrot permit pilot pink play
  plunge poet pottery powder predict prevent private promote
  proud provide pudding quantum quote random razor renew
  repair retire reveal rookie rotate rural salmon sausage
  season section select shallow shield shuffle similar siren
  sketch slogan slush smart smile soccer soldier solve
  song spell sphere square stem stool stumble subject
  subway success suggest summer supply survey sustain swap
  syrup talk teach toast today travel tribe trumpet
  truth tunnel twin undo unique unusual upon valid
  various vintage visual volcano want weasel wide zebra
`
  .trim()
  .split(/\s+/);
