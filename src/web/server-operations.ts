// The operations on the page's connection. What a limit rejects is tried again. A connection may have too few places for
// all of them: then the windows of the summary give theirs to questions, and topics come before windows.

import type { FormattedExecutionResult } from 'graphql';
import type { Client, SubscribePayload } from 'graphql-ws';
import { StatusDocument, type TypedDocumentString } from '../../schema/operations.ts';
import {
  describeErrors,
  type Errors,
  hurries,
  isFull,
  isLimit,
  waitAtLimit,
  waitToRetry,
} from './retry.ts';

export type Variables = Record<string, unknown>;

export interface Listener<R, E> {
  next(result: FormattedExecutionResult<R, E>): void;
  /** The server rejects the subscription. Nothing comes until it is accepted. */
  rejected(reason: string): void;
  /** The server has accepted it after all. Only a window has no such function. */
  accepted?(): void;
}

const NONE: Errors = [];
/** How often a question is asked again. */
const MOST_ASKED_AGAIN = 3;
/** So many retries lead to the longest wait. */
const MANY_RETRIES = 6;

/** `fail` is called if the connection cannot be used any more. */
export function createOperations(
  client: Pick<Client, 'subscribe'>,
  isOpen: () => boolean,
  fail: (error: unknown) => void,
) {
  /** Functions that end a window. The newest is the last. */
  const windows = new Set<(why: Errors) => void>();
  /** Ends when the last of the questions that are asked again has its answer. */
  let line: Promise<unknown> = Promise.resolve();
  let inLine = 0;

  return { subscribe, ask };

  /** Subscribes until the returned function is called, again whenever the server completes the stream or has a limit. */
  function subscribe<R, E = unknown>(
    payload: SubscribePayload,
    listener: Listener<R, E>,
  ): () => void {
    let wanted = true;
    let isRejected = false;
    let stop = () => {};
    const accept = () => {
      if (isRejected) listener.accepted?.();
      isRejected = false;
    };
    const begin = async (retries: number) => {
      let errors = NONE;
      const reject = (told: Errors) => {
        errors = told;
        isRejected = true;
        if (wanted) listener.rejected(describeErrors(told));
      };
      const giveWay = (why: Errors) => {
        retries = MANY_RETRIES;
        reject(why);
        stop();
      };
      const again = async () => {
        windows.delete(giveWay);
        if (!wanted || (errors !== NONE && !isLimit(errors))) return;
        const before = hurries;
        await (errors === NONE ? waitToRetry : waitAtLimit)(retries);
        // Topics take a free place first.
        if (!listener.accepted) await new Promise((resolve) => setTimeout(resolve));
        if (wanted) void begin(hurries === before ? retries + 1 : 0);
      };
      stop = client.subscribe<R, E>(payload, {
        next(result) {
          // The server completes the stream then.
          if (!result.data && result.errors) return reject(result.errors);
          retries = 0;
          accept();
          if (!listener.accepted) windows.add(giveWay);
          listener.next(result);
        },
        error(error) {
          if (!Array.isArray(error)) return fail(error);
          reject(error);
          void again();
        },
        // A server that stops may complete its streams first. The page still wants them.
        complete: again,
      });
      if (!isRejected || !listener.accepted) return;
      // The server says nothing when it accepts a subscription. It answers in order.
      await ask(StatusDocument, {});
      if (wanted && errors === NONE) accept();
    };
    void begin(0);
    return () => {
      wanted = false;
      stop();
    };
  }

  /**
   * Resolves with undefined if the connection is not open or breaks, or the server rejects the question, at a limit several
   * times.
   */
  async function ask<R, V extends Variables>(
    document: TypedDocumentString<R, V>,
    variables: V,
  ): Promise<R | undefined> {
    const payload = { query: String(document), variables };
    if (inLine === 0) {
      const { data, errors } = await askOnce<R>(payload);
      if (!isLimit(errors)) return data;
    }
    // Asked together, questions would take one another's places.
    inLine += 1;
    const answered = line.then(() => askAgain<R>(payload));
    line = answered;
    const data = await answered;
    inLine -= 1;
    return data;
  }

  async function askAgain<R>(payload: SubscribePayload): Promise<R | undefined> {
    for (let retries = 0; retries < MOST_ASKED_AGAIN; retries += 1) {
      await waitAtLimit(retries);
      const before = hurries;
      let { data, errors } = await askOnce<R>(payload);
      const newest = [...windows].at(-1);
      if (isFull(errors) && newest && hurries === before) {
        newest(errors);
        ({ data, errors } = await askOnce<R>(payload));
      }
      if (!isLimit(errors)) return data;
    }
    return undefined;
  }

  /** The errors are those of a server that did not look at the question. */
  function askOnce<R>(payload: SubscribePayload): Promise<{ data?: R; errors: Errors }> {
    return new Promise((resolve) => {
      const none = () => resolve({ errors: NONE });
      if (!isOpen()) return none();
      client.subscribe<R>(payload, {
        next: ({ data }) => resolve({ ...(data && { data }), errors: NONE }),
        error: (error) => (Array.isArray(error) ? resolve({ errors: error }) : none()),
        complete: none,
      });
    });
  }
}
