-- Substring search on components uses trigrams (registry.md 4). The extension is trusted: the owner of the
-- database may create it without superuser rights.
CREATE EXTENSION IF NOT EXISTS "pg_trgm";
