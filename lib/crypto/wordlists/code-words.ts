/** The 256 words of pairing codes, [PR1]. Made by scripts/make-wordlists.ts; part of the protocol, never edited by hand. */
export const CODE_WORDS: readonly string[] = `
  above access address agree album alpha also amateur
  amount antenna arch arrange assist assume atom audit
  awake baby bargain because begin belt benefit better
  beyond bike black bless blouse blur boost breeze
  brother burger cabbage cabin camera case certain chair
  chef chicken chunk clever clown clump cluster coach
  coconut concert copper craft critic crucial crunch crystal
  defy demand depth design device diary diesel digital
  dish dismiss door dragon draw during dynamic early
  echo economy eight elegant emerge empty enable enact
  enforce engine enhance enlist erupt estate evolve excite
  exhaust extend eyebrow family fancy federal feel fetch
  fiction firm fitness flash forest frame fringe frozen
  garage genius gentle gesture goat group guard harvest
  health hollow huge hurdle idea ignore imitate initial
  insect install iron jazz jungle ladder laugh liberty
  lift little lottery lucky mango manual math measure
  memory mention merit message minimum mirror mobile monitor
  moral museum music mystery narrow network neutral noodle
  north nothing object occur okay once onion organ
  ostrich outdoor outer output ozone paddle panther park
  patrol person photo picture pigeon plastic popular power
  prepare pretty proof prosper protect pumpkin puppy puzzle
  pyramid quarter raccoon rail ready rebuild record recycle
  relax render require rescue result ribbon rigid robust
  runway salute sample sand scheme screen scrub secret
  segment senior setup share silk silver situate smooth
  solid someone spin spirit spray stadium stock stuff
  sugar supreme switch talent taxi tennis theory thunder
  ticket tiger topic toward trip twelve twenty twist
  typical uncover until update upgrade uphold used vault
  velvet verb victory village virtual visit window young
`
  .trim()
  .split(/\s+/);
