// The topics and phrases that the sample's posts are made of.

export type Mood = 'positive' | 'negative' | 'neutral';

export interface Topic extends Readonly<Record<Mood, readonly string[]>> {
  /** Each can replace `{}` in a phrase. */
  readonly names: readonly string[];
  readonly hashtags: readonly string[];
}

/** Phrases that fit any topic. */
export const PHRASES: Readonly<Record<Mood, readonly string[]>> = {
  positive: [
    'I love {} so much, it makes my whole day better',
    '{} was absolutely wonderful today',
    'Nothing beats {} with good friends',
    'So happy about {} right now!',
    'Honestly impressed by {} this week, great stuff',
    '{} is the best part of my day',
    'What a lovely surprise, {} turned out really nice',
    'Thank you {} for making me smile :)',
    'Feeling grateful for {} this morning',
    '{} just keeps getting better, amazing work!',
    'Had a fantastic time with {} tonight',
    'I was wrong about {}, it is brilliant',
  ],
  negative: [
    'I am so tired of {}, what a mess',
    '{} was a horrible experience today',
    'Why is {} always this bad?',
    'Really disappointed by {} again',
    '{} ruined my whole afternoon',
    'I hate how {} never works out for me',
    'So angry about {} right now!!',
    'The worst thing about today? {}. Terrible.',
    'Not happy with {} at all :(',
    'Sad to say it, but {} is awful these days',
    'Lost all my patience with {}, so annoying',
    '{} made me cry and not in a good way',
  ],
  neutral: [
    'Thinking about {} on the way home',
    'Does anybody have a view on {}?',
    '{} again on Thursday, as usual',
    'Reading an article on {} at the moment',
    'My neighbour asked me about {} today',
    'There will be {} at five o’clock',
    'Talking about {} with my sister',
    'First {}, then the rest of the list',
    'Somebody left a note about {} on the door',
    'Quick question about {} before I go',
  ],
};

/** What may follow a phrase. */
export const TAILS: Readonly<Record<Mood, readonly string[]>> = {
  positive: ['😊', '❤️', '😍', 'Highly recommended!', 'Yay!', 'More of this please.', '🎉'],
  negative: ['😡', '😭', '😞', 'Never again.', 'Ugh.', 'Such a waste.', '💔'],
  neutral: ['Anyone?', 'We will see.', 'More tomorrow.', 'Just saying.', '🤔'],
};

/** Hashtags of a mood, on any topic. */
export const MOODS: Readonly<Record<Mood, readonly string[]>> = {
  positive: ['goodvibes', 'happy', 'winning'],
  negative: ['fail', 'mondayagain', 'overit'],
  neutral: ['today', 'justasking', 'notes'],
};

export const TOPICS: readonly Topic[] = [
  {
    names: ['coffee', 'my morning coffee', 'filter coffee'],
    hashtags: ['coffee', 'espresso', 'barista'],
    positive: ['That first sip of {} is pure joy', 'Perfect crema and a warm cup of {}, bliss'],
    negative: ['Burnt {} and a broken grinder, awful start', 'Spilled {} all over my desk, damn'],
    neutral: ['Switched the grind size for {} this week', 'Waiting in the queue for {}'],
  },
  {
    names: ['tea', 'green tea', 'a pot of tea'],
    hashtags: ['tea', 'teatime', 'earlgrey'],
    positive: [
      'A quiet hour with {} and I feel peaceful again',
      '{} heals everything, so soothing',
    ],
    negative: ['{} tasted like sad warm water', 'Left {} too long and it is bitter and gross'],
    neutral: ['Water at eighty degrees for {}', 'Ordered {} for the office'],
  },
  {
    names: ['football', 'the football match', 'our football team'],
    hashtags: ['football', 'matchday', 'derby'],
    positive: ['What a goal! {} at its best, brilliant win', 'The fans at {} were superb tonight'],
    negative: ['Another stupid defeat, {} is painful to watch', 'Terrible referee, {} was robbed'],
    neutral: ['Kick-off for {} is at eight', 'Second half of {} about to start'],
  },
  {
    names: ['music', 'new music', 'live music'],
    hashtags: ['music', 'nowplaying', 'vinyl'],
    positive: [
      '{} gives me goosebumps, what a beautiful song',
      'Dancing to {} all night, so much fun',
    ],
    negative: ['{} on that stage was a loud disaster', 'Terrible sound, {} deserves better'],
    neutral: ['Sorting old records and {} by year', 'On the radio: {} from the eighties'],
  },
  {
    names: ['the weather', 'this weather', 'the weather forecast'],
    hashtags: ['weather', 'sunshine', 'rain'],
    positive: ['Glorious sunshine, {} is perfect today', '{} finally turned warm and lovely'],
    negative: ['Cold, wet and miserable, I hate {}', 'Storm damage everywhere, {} is scary'],
    neutral: ['Clouds in the north, says {}', 'Checking {} before the trip'],
  },
  {
    names: ['the train', 'my train', 'the night train'],
    hashtags: ['train', 'commute', 'delay'],
    positive: [
      '{} was on time and the staff so friendly',
      'Great views from {}, I enjoyed every mile',
    ],
    negative: ['{} cancelled again, I am furious', 'Stuck on {} for an hour with no apology'],
    neutral: ['{} leaves from platform four', 'Changing from {} to the bus'],
  },
  {
    names: ['dogs', 'our dog', 'the neighbour’s dog'],
    hashtags: ['dogs', 'puppy', 'dogsoftwitter'],
    positive: ['{} greeted me with the sweetest face', 'Adorable! {} learned a new trick'],
    negative: ['{} barked all night and I am exhausted', 'Scared to death by {} in the park'],
    neutral: ['A walk with {} around the lake', 'Vet appointment for {} on Monday'],
  },
  {
    names: ['pizza', 'homemade pizza', 'cold pizza'],
    hashtags: ['pizza', 'foodie', 'dinner'],
    positive: ['Crispy, cheesy, delicious: {} wins', '{} with my best friends, a perfect evening'],
    negative: ['{} arrived cold and soggy, disgusting', 'Worst {} in town, total rip-off'],
    neutral: ['Dough for {} is resting', 'Half and half for {}, please'],
  },
  {
    names: ['running', 'my morning run', 'running in the park'],
    hashtags: ['running', 'marathon', '5k'],
    positive: [
      'New personal best, {} makes me proud',
      'Strong legs and a clear head after {}, great',
    ],
    negative: ['Knee hurts after {}, so frustrating', '{} in this heat was a painful mistake'],
    neutral: ['Ten kilometres of {} on the plan', 'New shoes for {} arrived'],
  },
  {
    names: ['the film', 'this film', 'that new film'],
    hashtags: ['film', 'cinema', 'movienight'],
    positive: ['{} is a masterpiece, I loved every minute', 'Laughed and cried, {} is wonderful'],
    negative: ['{} was boring and a waste of money', 'Ugly, dull and stupid: {}'],
    neutral: ['{} runs for two hours', 'Tickets for {} at seven'],
  },
  {
    names: ['my phone', 'the new phone', 'this phone'],
    hashtags: ['phone', 'tech', 'battery'],
    positive: ['The camera of {} is amazing', '{} lasts two days, I am delighted'],
    negative: ['{} crashed and lost my photos, I hate it', 'Broken screen again, {} is rubbish'],
    neutral: ['Updating {} tonight', 'Moved my contacts to {}'],
  },
  {
    names: ['rust', 'the rust compiler', 'rust lang'],
    hashtags: ['rustlang', 'programming', 'opensource'],
    positive: ['It compiles and it works, {} is a joy', 'Helpful errors, {} is so good to me'],
    negative: ['Fighting {} all day and losing badly', '{} build times are painful'],
    neutral: ['Porting a parser to {} this week', 'Read the book on {}, chapter nine'],
  },
];
