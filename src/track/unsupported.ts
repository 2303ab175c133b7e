// What other search languages have and the track language lacks, each with what to write instead.

/** Any of these opens or closes a phrase. */
export const QUOTES = '"“”„‟«»「」『』〝〞〟';

const IGNORES_KIND = 'Senti does not filter by the kind of a post, and never matches reposts';
const IGNORES_AUTHOR = 'Senti does not filter by author; "@alice" finds posts that mention alice';
const IGNORES_PLACE = 'Senti does not know where a post was written';
const IGNORES_TIME = 'Senti matches posts as they come, whatever their date';
const IGNORES_COUNTS = 'Senti matches posts as they come, before they have likes';
const IGNORES_META = 'Senti matches what a post says, and nothing else about it';
const ADDRESS_ALONE = 'Write the address alone, as in "example.com/docs"';

/** By the operators' names on X, Bluesky and Google. */
const OPERATORS: Readonly<Record<string, string>> = {
  ...each(IGNORES_AUTHOR, 'from to author user retweets_of retweets_of_user mentions_user'),
  ...each(IGNORES_KIND, 'is has filter include exclude card_name'),
  ...each(ADDRESS_ALONE, 'url site domain inurl link url_title url_description url_contains'),
  ...each(IGNORES_PLACE, 'place place_country point_radius bounding_box geocode near within'),
  ...each(IGNORES_PLACE, 'profile_country profile_locality profile_region profile_bounding_box'),
  ...each(IGNORES_TIME, 'since until since_id max_id since_time until_time within_time'),
  ...each(IGNORES_COUNTS, 'min_likes min_faves min_retweets min_reposts min_replies min_quotes'),
  ...each(IGNORES_COUNTS, 'followers_count following_count tweets_count listed_count'),
  ...each(IGNORES_META, 'context entity source list bio bio_name bio_location conversation_id'),
  ...each(IGNORES_META, 'in_reply_to_tweet_id in_reply_to_status_id quotes_of_tweet_id'),
  lang: 'The server sets the languages of all topics, with --languages',
  sample: 'Senti matches every post',
  hashtag: 'Write "#coffee"',
  tag: 'Write "#coffee"',
  mention: 'Write "@alice"',
  mentions: 'Write "@alice"',
  cashtag: 'Write "$TSLA"',
  keyword: 'Write the words alone',
  intext: 'Write the words alone',
};

function each(reason: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, reason]));
}

/** Most terms. */
const ORDINARY = /^[#@$]?[a-z\d_][a-z\d_.+-]*$/i;
const SIGIL_ALONE = /^([#@$])(?![\p{L}\p{Nd}_〇#@$])|^([#@$])[#@$]*$/u;
const QUOTE_INSIDE = new RegExp(`[${QUOTES}].`, 'su');
const SEMICOLON = /^[^./&]*;[^./&]*$/;

/** A sentence about what is wrong with a term that is not in quotation marks; undefined if nothing is. */
export function explainUnsupported(term: string): string | undefined {
  if (ORDINARY.test(term)) return undefined;
  const name = /^([a-z_]+):/i.exec(term)?.[1]?.toLowerCase() ?? '';
  if (Object.hasOwn(OPERATORS, name)) {
    return `There is no operator "${name}:". ${OPERATORS[name]}. To find these words, put them in quotation marks.`;
  }
  if (/[()]/.test(term)) {
    return (
      'Parentheses do not group. A comma binds last, so write "coffee milk, tea milk" ' +
      'for "(coffee OR tea) milk", or put the text in quotation marks.'
    );
  }
  if (term.includes('*')) {
    return 'There are no wildcards. Write each word in full, as in "coffee, coffees".';
  }
  if (/^~|~\d*$/.test(term)) {
    return 'A "~" does not find similar words. Write each word in full, as in "coffee, espresso".';
  }
  if (/^!+[\p{L}\p{Nd}_#@$"]/u.test(term)) {
    return 'A "!" does not exclude. Write a minus directly before the term, as in "coffee -decaf".';
  }
  if (SEMICOLON.test(term)) {
    return 'A semicolon does not separate terms. Write a comma for OR, and a space for AND.';
  }
  if (QUOTE_INSIDE.test(term)) {
    return 'A quotation mark stands inside a term. Write a space before it, as in \'coffee "flat white"\'.';
  }
  const sigil = SIGIL_ALONE.exec(term);
  if (sigil === null) return undefined;
  const sign = sigil[1] ?? sigil[2];
  return `A "${sign}" needs a name directly after it, as in "${sign}coffee".`;
}
