import { npmVader } from '../../src/sentiment/npm-vader.ts';
import { scorerContract } from '../contract/scorer.ts';

scorerContract('the npm package', npmVader);
