/**
 * Makes `lib/crypto/wordlists/{code,check}-words.ts` from the BIP-39 English list, the same every
 * time. Run it by hand (`node scripts/make-wordlists.ts`) only with a new protocol version: the lists
 * are part of the protocol, and two versions of them do not pair.
 *
 * Words are 4 to 7 letters; no two of both lists share their first four (BIP-39 sees to that), within
 * a list no two are fewer than three edits apart, and what sounds like another word, or is nothing
 * one wants to read out to a stranger, is left out.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { wordlist } from '@scure/bip39/wordlists/english.js';

const LIST_LENGTH = 256;
const MIN_DISTANCE = 3;

/** Sound like another English word, or are spelled in two ways. */
const HOMOPHONES = `aisle already altar base beach bean bear beef blue board brake break buyer carrot
ceiling cell cereal chase check choose cinnamon claim clause clerk close coast coin color column coral
core course cousin creek crews crew cruise current dear deer desert dial dinner draft dual duel earn
either exercise fair fault favor feature find fine fire fleet float flour flower foil foot fork fortune
fresh gauge ghost grain grape grass great grey grocery guess guest hair half hall heal hear heart heavy
hello hero hole honey honor hope horse host hour hundred idle inhale island jewel knee knife knock know
labor lava lawn lead leaf learn lend lens lesson liar lion loan lonely lunar made mail main major maple
marble march market mass master maze meat medal media metal minor miner missile mist model morning month
muscle myth naval neither night noble noise nose oar often only order orient owner pair palace pause
peace pear peasant piece pioneer plain plane please poem pole pool portion praise pray prefer price
pride print prize process profit program public pulse pupil race rain raise rather raw real reason rebel
recall receive rely rent rhythm right ring road role roof room root rose rough route royal sail scene
scent school science sea seat seed seek seem sell sense series sheriff shoe side sight sign since site
skull slow soap soda solar sole some soon soul soup source space spare spend spoil spread squeeze stair
stake state stay steal steel steak step story sudden suit sure surface sword table tail taste team tell
theme their then there they this thought three throw thumb tide tire title toe token ton tone tool
tooth topple tornado toss total tour tower toy trade train tray treat trial true tube tuition twice vain
valley value vein venue very vessel view voice void voyage wage wait walk warm warrior waste watch water
wave way weak wealth wear weather week weird were whale what wheat wheel when where whip whisper width
catalog flavor dove wild will wine wing wink winner winter wire wise wish witness wood word world worry worth wrap wreck
wrestle wrist write wrong yard year`;

/** Violence, illness, bodies, insults, politics, drink, money trouble: not over the telephone. */
const UNPLEASANT = `abandon abuse accident accuse addict afraid alarm alcohol alien alone angry arrest army
assault attack attract awful awkward bachelor bitter blame bleak blind blood body bomb bone bottom brain
brutal bullet burden burst casino casual cause chaos cheat chest chronic cigar clinic conflict cough crack
crash crazy crime criminal cruel crumble crush damage danger daughter dead death debris decline defense
deny depart despair destroy devote dirt disease divorce doctor donkey drastic drip drop drug drunk enemy
endless erode erosion error escape evil evoke excuse execute exile expire explain fail fatal fatigue father
fear fever fight final flee fiscal force fragile frown fury garbage gasp gender glare gloom gorilla gossip
grief grit guilt hammer harsh hazard hospital hostile hurt husband hurry idiot illegal illness immune impose
infant inflict inject injury inmate insane jealous jail judge junk kick kidney kill kiss kitten lady lawsuit
lazy liquor lose loud mad mammal mask mean monkey mother mourn murder nasty naive naked negative nerve nuclear
obey obscure odor opera panic patient penalty piano pistol pizza poison police poverty pregnant prison problem
protest punch punish puppet quit rabbit rage rally rape rare reject remove resist retreat riot risk rival
rotten sad savage scare scatter screw scrap scream sex shame shock shoot shove shrug sick siege silly slave
slender slim slight smoke snake sniff sorry spider spit split stomach strike struggle stupid suffer suspect
swallow swamp swear sweat tackle target tattoo terror thief throat thrive tissue tobacco tongue torture toxic
tragic trap trash trick trouble trouble trigger trust ugly unaware unfair unhappy unknown upset urge useless
useful vacant vague vanish verify veteran viable vicious victim virus vote vulture war warfare weapon wife
wolf woman wound youth zombie anger asthma betray cannon battle horror sadness neglect symptom cheap blast limb
satoshi jaguar girl nurse regret`;

const excluded = new Set(`${HOMOPHONES} ${UNPLEASANT}`.split(/\s+/));
const candidates = wordlist.filter(
  (word) => word.length >= 4 && word.length <= 7 && !excluded.has(word),
);

/** Insertions, deletions, replacements and swaps of neighbours, one each. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [];
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j);
        continue;
      }
      const above = rows[i - 1] ?? [];
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** Greedy, in an order that depends only on the word and the list's name. */
function choose(name: string, words: readonly string[]): string[] {
  const key = (word: string): string =>
    createHash('sha256').update(`${name} ${word}`).digest('hex');
  const shuffled = [...words].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const chosen: string[] = [];
  for (const word of shuffled) {
    if (chosen.length === LIST_LENGTH) break;
    if (chosen.every((other) => editDistance(word, other) >= MIN_DISTANCE)) chosen.push(word);
  }
  if (chosen.length !== LIST_LENGTH) throw new Error(`${name}: only ${chosen.length} words`);
  return chosen.sort();
}

function fileText(constant: string, purpose: string, words: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += 8) lines.push(`  ${words.slice(i, i + 8).join(' ')}`);
  return `/** ${purpose} Made by scripts/make-wordlists.ts; part of the protocol, never edited by hand. */
export const ${constant}: readonly string[] = \`
${lines.join('\n')}
\`
  .trim()
  .split(/\\s+/);
`;
}

if (import.meta.main) {
  const codeWords = choose('code', candidates);
  const taken = new Set(codeWords);
  const checkWords = choose(
    'check',
    candidates.filter((word) => !taken.has(word)),
  );
  const folder = new URL('../lib/crypto/wordlists/', import.meta.url);
  writeFileSync(
    new URL('code-words.ts', folder),
    fileText('CODE_WORDS', 'The 256 words of pairing codes, [PR1].', codeWords),
  );
  writeFileSync(
    new URL('check-words.ts', folder),
    fileText('CHECK_WORDS', 'The 256 words that people compare, [PR7].', checkWords),
  );
}
