// A strict reader of Prometheus' text format: it rejects what it does not know.

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  /** By name and labels, as they stand on the page. */
  readonly values: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const HELP = new RegExp(String.raw`^# HELP (${NAME}) (?:[^\\]|\\[\\n])+$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const SAMPLE = new RegExp(String.raw`^((${NAME})(?:\{${LABEL}(?:,${LABEL})*\})?) (\S+)$`);
const NUMBER = /^(?:[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?|[-+]Inf|NaN)$/;

export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  let [described, family] = ['', ''];
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const help = HELP.exec(line)?.[1];
    const [, typed, type = ''] = TYPE.exec(line) ?? [];
    const [, series = '', name = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (help) described = help;
    else if (typed) {
      if (typed !== described || types.has(typed)) throw new Error(`misplaced: ${line}`);
      types.set(typed, type);
      family = typed;
    } else {
      const suffix = name.startsWith(family) ? name.slice(family.length) : undefined;
      const fits =
        types.get(family) === 'histogram'
          ? ['_bucket', '_sum', '_count'].includes(suffix ?? '')
          : suffix === '';
      if (!fits || values.has(series) || !NUMBER.test(value)) throw new Error(`wrong: ${line}`);
      values.set(series, value.endsWith('Inf') ? Number(`${value}inity`) : Number(value));
    }
  }
  return { types, values };
}
