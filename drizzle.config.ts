/** Migrations are generated from the joined schema: `npx drizzle-kit generate --name <what-changed>`. */
import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'postgresql', schema: './db/schema/index.ts', out: './db/migrations' });
