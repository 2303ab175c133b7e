// Parts of posts for tests.

import type { Post } from '../../src/base/post.ts';

/** What a post of nothing but text has beside it. */
export const TEXT_ALONE = { tags: [], links: [], attached: [] } satisfies Partial<Post>;
