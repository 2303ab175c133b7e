import { join } from 'node:path';
import { SqliteStore } from '../../src/history/sqlite-store.ts';
import { storeContract } from '../contract/store.ts';
import { SIZES } from '../support/history.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { tempFolder } from '../support/temp-file.ts';

function open(path: string): SqliteStore {
  return new SqliteStore({ path, ...SIZES }, recordTelemetry().log('history'));
}

storeContract('SQLite in memory', () => open(':memory:'));
storeContract('SQLite in a file', () => open(join(tempFolder(), 'history.db')));
