// The header Accept (RFC 9110, section 12.5.1): which types of answer a client takes.

export const EVENT_STREAM = 'text/event-stream';

/**
 * Whether `accept` takes `type`. The range that names it most closely decides, and `q=0` is a no. Without
 * the header, or with an empty one, anything will do.
 */
export function admits(accept: string | undefined, type: string): boolean {
  const ranges = (accept || '*/*').replace(/\s/g, '').toLowerCase().split(',');
  const names = [type, `${type.split('/', 1)}/*`, '*/*'];
  for (const name of names) {
    const parameters = ranges
      .map((range) => range.split(';'))
      .filter(([asked, ...rest]) => asked === name && isUtf8(rest));
    if (parameters.length > 0) return parameters.some((all) => !all.some(isNever));
  }
  return false;
}

/** Yoga reads the parameter the same way, and answers in no other charset. */
function isUtf8(parameters: readonly string[]): boolean {
  const charset = parameters.find((parameter) => parameter.includes('charset='));
  return charset === undefined || charset === 'charset=utf-8';
}

function isNever(parameter: string): boolean {
  return /^q=0(\.0*)?$/.test(parameter);
}
